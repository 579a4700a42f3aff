/** Saying what a command will do, and asking a person, before it moves money or changes a price. */
import { createInterface } from 'node:readline/promises';
import { CommandRefused } from './refused';
import { forTerminal } from './terminal-text';
import { print } from '../operator/operator';
import type { OutputOptions } from '../operator/operator';

/** Whether it may be done. `question`: what will be done, with the figures. */
export type Confirm = (question: string) => Promise<boolean>;

export interface ConfirmOptions {
  /** It was said beforehand: what will be done is told, and nobody is asked. */
  readonly yes?: boolean;
}

/** The question is on standard error, so that standard output has the outcome alone. */
export const confirmation = ({ yes }: ConfirmOptions): Confirm =>
  yes ? async (question) => (console.error(forTerminal(question)), true) : askForYes;

/** Only the word itself is a yes. */
async function askForYes(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    console.error(forTerminal(question));
    throw new CommandRefused('Nothing is done: nobody can be asked here. Repeat it with --yes.');
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (
      (await terminal.question(`${forTerminal(question)}\nType "yes" to go on: `)).trim() === 'yes'
    );
  } finally {
    terminal.close();
  }
}

/** What came of a command that changes something. */
export interface Outcome {
  readonly done: boolean;
  readonly message: string;
}

export const NOTHING_DONE: Outcome = { done: false, message: 'Nothing was done.' };

export const done = (message: string): Outcome => ({ done: true, message });

export function printOutcome(outcome: Outcome, options: OutputOptions): void {
  print(outcome, ({ message }) => message, options);
  if (!outcome.done) process.exitCode = 1;
}
