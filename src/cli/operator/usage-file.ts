/** A file of usage events, one a line: as an SDK's spool sets them aside, or plain. */
import { readFile } from 'node:fs/promises';
import { CommandRefused } from '../terminal/refused';
import { grouped } from '../../core/grouped';

/** A line that can be sent, or why it can't. */
export type UsageLine =
  | { readonly line: number; readonly event: Readonly<Record<string, unknown>> }
  | { readonly line: number; readonly fault: string };

export async function readUsageFile(file: string): Promise<UsageLine[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CommandRefused(`${file} can't be read: ${(error as Error).message}.`);
  });
  return text.split('\n').flatMap((line, index) => {
    return line.trim() === '' ? [] : [usageLine(line, index + 1)];
  });
}

function usageLine(text: string, line: number): UsageLine {
  const value = parsed(text);
  // What the spool sets aside: { event, code, message, rejectedAt }.
  const event = isObject(value) && 'event' in value && 'rejectedAt' in value ? value.event : value;
  if (isObject(event)) return { line, event };
  return { line, fault: 'The line is not a usage event as JSON' };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What the file holds, in a sentence. */
export function usageFileText(lines: readonly UsageLine[]): string {
  const events = lines.flatMap((each) => ('event' in each ? [each.event] : []));
  const customers = new Set(events.map(({ customer }) => String(customer)));
  const tokens = events.reduce((sum, { tokens: pools }) => {
    const counts = isObject(pools) ? Object.values(pools) : [];
    return counts.reduce((total: number, count) => total + (Number(count) || 0), sum);
  }, 0);
  const times = events
    .flatMap(({ occurredAt: time }) => (typeof time === 'string' ? [time] : []))
    .sort((a, b) => Date.parse(a) - Date.parse(b));
  const span = times.length > 0 ? `, from ${times[0]} to ${times.at(-1)}` : '';
  const summary = `${grouped(events.length)} usage events of ${grouped(customers.size)} customers`;
  return `${summary}, ${grouped(tokens)} tokens${span}`;
}
