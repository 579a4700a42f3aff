/** What every part of the development stack is given. */
import type { Progress } from './cache';
import type { DevEnvironment } from './environment';
import type { StackPorts } from './ports';
import type { ProcessRecords } from './processes/process-records';
import type { TemporalHosts } from './temporal/cluster/configuration';

/** How many of each there are, where there is more than one of each. */
export interface ClusterShape {
  readonly temporal: TemporalHosts;
  readonly apis: number;
  readonly workers: number;
}

/**
 * What goes from one part to another: ours and Temporal's hosts to Postgres, ours to Temporal and
 * Stripe, and Stripe to us.
 */
export type LinkName = 'postgres' | 'temporal-postgres' | 'temporal' | 'stripe' | 'webhooks';

/** The port to go to instead, on this machine as well: whatever listens there may cut the link. */
export type Link = (name: LinkName, port: number) => Promise<number>;

/** What each part is given, and where it leaves how it is ended. */
export interface StackContext {
  readonly dir: string;
  readonly environment: DevEnvironment;
  readonly ports: StackPorts;
  readonly link: Link;
  /** Where each process listens, by its name: for whoever looks at them. */
  readonly listening: Map<string, number>;
  readonly records: ProcessRecords;
  readonly progress: Progress;
  readonly stops: (() => Promise<void>)[];
}
