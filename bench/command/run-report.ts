/** A benchmark as a command: shown progress, a table, and the same as JSON and as a picture. */
import { writeFile } from 'node:fs/promises';
import type { Surroundings } from '../surroundings';

type Progress = (line: string) => void;

export interface ReportCommand<Report> {
  /** Files, if they are wanted. */
  readonly json?: string;
  readonly picture?: string;
  start(progress: Progress): Promise<Surroundings>;
  measure(surroundings: Surroundings, progress: Progress): Promise<Report>;
  table(report: Report): string;
  draw(file: string, report: Report): Promise<void>;
}

/** Ends the process: with 1 when something was lost or failed, with 130 when it was interrupted. */
export function runReport<Report>(command: ReportCommand<Report>): void {
  const progress: Progress = (line) => console.error(`· ${line}`);
  let isInterrupted = false;
  const run = async (): Promise<void> => {
    const surroundings = await command.start(progress);
    const interrupted = (): void => {
      isInterrupted = true;
      void surroundings.stop().then(() => process.exit(130));
    };
    process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
    try {
      await tell(command, await command.measure(surroundings, progress));
    } finally {
      progress('Stopping');
      await surroundings.stop();
    }
  };
  run().then(
    () => process.exit(0),
    (error: unknown) => {
      // What was cut off fails somehow; whoever cut it off ends the process.
      if (isInterrupted) return;
      console.error(error);
      process.exit(1);
    },
  );
}

async function tell<Report>(command: ReportCommand<Report>, report: Report): Promise<void> {
  console.log(command.table(report));
  const { json, picture } = command;
  if (json !== undefined) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
  if (picture !== undefined) await command.draw(picture, report);
}

/** Reads an option: whole numbers from 1 on, by commas. */
export function numbers(name: string, text: string): number[] {
  const found = text.split(',').map(Number);
  if (found.every((number) => Number.isInteger(number) && number > 0)) return found;
  throw new Error(`--${name} ${text}: expected whole numbers from 1 on, by commas.`);
}
