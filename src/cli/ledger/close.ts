/** `tollkeeper ledger close`: months that have ended are indexed for reading alone. */
import type { ClientBase } from 'pg';
import { monthOfPartition } from '../../core/archive/archive-month';
import { closePart, partsToClose } from '../../db/partitions/close-partition';
import { findPart, whyNotWhole } from '../../db/partitions/detach-partition';
import { print } from '../operator/operator';
import type { OutputOptions } from '../operator/operator';
import { asOwner } from './as-owner';

export interface Closing {
  readonly closed: readonly string[];
  /** Months that can't be closed yet, each with the reason. */
  readonly left: readonly { readonly month: string; readonly reason: string }[];
}

export async function closeLedger(options: OutputOptions): Promise<void> {
  const closing = await asOwner(closeMonths);
  print(closing, closingText, options);
  if (closing.left.length > 0) process.exitCode = 1;
}

/** It may be repeated, whatever it was ended in: what is done is not done again. */
export async function closeMonths(client: ClientBase): Promise<Closing> {
  const closed: string[] = [];
  const openMonths: { month: string; reason: string }[] = [];
  for (const name of await partsToClose(client)) {
    const month = monthOfPartition(name);
    const part = await findPart(client, name);
    if (!part || part.isDetaching) continue;
    const reasons = await whyNotWhole(client, part);
    const failure = reasons.join('; ') || (await failureOf(closePart(client, part)));
    if (failure === '') closed.push(month);
    else openMonths.push({ month, reason: failure });
  }
  return { closed, left: openMonths };
}

/**
 * One that can't be closed, since somebody reads it for an hour, is no reason to leave the others.
 */
const failureOf = (work: Promise<void>): Promise<string> =>
  work.then(
    () => '',
    (error: Error) => error.message,
  );

export function closingText({ closed, left }: Closing): string {
  if (closed.length + left.length === 0) return 'Every month that has ended is closed.';
  return [
    ...closed.map((month) => `${month} is closed.`),
    ...left.map(({ month, reason }) => `${month} is not closed: ${reason}. Repeat it later.`),
  ].join('\n');
}
