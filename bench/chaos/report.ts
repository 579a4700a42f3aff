/** What was done in a drill and what was checked, for programs and for people. */
import type { MeasuredCustomer } from '../../src/demo/measure';
import type { Check } from './verdict';

export interface PlayedFault {
  /** Seconds since it began. */
  readonly after: number;
  readonly seconds: number;
  readonly kind: string;
  readonly name: string;
  readonly told?: string;
  /** Why it could not be played: then it does not count. */
  readonly refused?: string;
}

export interface Report {
  readonly ok: boolean;
  readonly seed: number;
  readonly minutes: number;
  /** ISO 8601, when the load was ready: what was broken is told in seconds after it. */
  readonly began: string | null;
  readonly seconds: number;
  readonly months: number;
  readonly refundedCents: number;
  readonly faults: readonly PlayedFault[];
  readonly notPlayed: readonly string[];
  /** How often an app's request had each status. */
  readonly answers: Readonly<Record<string, number>>;
  readonly checks: readonly Check[];
  readonly customers: readonly MeasuredCustomer[];
}

export function reportText(report: Report): string {
  const { seed, seconds, months, customers, faults, notPlayed, checks, ok } = report;
  const played = faults.filter(({ refused }) => refused === undefined);
  const counts = new Map<string, number>();
  for (const { kind } of played) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [
    `Seed ${seed}: ${months} months of ${customers.length} customers, ${seconds} s.`,
    `${played.length} faults of ${counts.size} kinds:`,
    ...[...counts].sort().map(([kind, count]) => `  ${String(count).padStart(4)}  ${kind}`),
    ...faults.flatMap(({ after, name, refused }) =>
      refused === undefined ? [] : [`Not played: ${after} s, ${name}: ${refused}`],
    ),
    ...notPlayed.map((what) => `Not played: ${what}`),
    'Checked:',
    ...checks.map(
      ({ name, ok: isRight, found }) => `  ${isRight ? 'ok' : 'NO'}  ${name}: ${found}`,
    ),
    ok ? 'All is as it must be.' : 'Something is not as it must be.',
  ].join('\n');
}
