/** Numbers on the command line, refused with the value seen and what was expected. */
import { InvalidArgumentError } from 'commander';

export function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError(`expected a port from 0 (any free one) to 65535, got ${text}.`);
}

export function secondsNumber(text: string): number {
  const seconds = Number(text);
  if (/^\d+(\.\d+)?$/.test(text)) return seconds;
  throw new InvalidArgumentError(`expected a number of seconds, got ${text}.`);
}

export function batchNumber(text: string): number {
  const batch = Number(text);
  if (/^\d+$/.test(text) && batch >= 1 && batch <= 500) return batch;
  throw new InvalidArgumentError(`expected a number of customers from 1 to 500, got ${text}.`);
}

export function migrationNumber(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`expected the number that its file begins with, got ${text}.`);
}
