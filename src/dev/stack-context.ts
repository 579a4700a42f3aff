/** What every part of the development stack is given. */
import type { Progress } from './cache';
import type { DevEnvironment } from './environment';
import type { StackPorts } from './ports';
import type { ProcessRecords } from './processes/process-records';

/** What each part is given, and where it leaves how it is ended. */
export interface StackContext {
  readonly dir: string;
  readonly environment: DevEnvironment;
  readonly ports: StackPorts;
  readonly records: ProcessRecords;
  readonly progress: Progress;
  readonly stops: (() => Promise<void>)[];
}
