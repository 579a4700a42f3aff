/** What was done in a drill and what was checked, for programs and for people. */
import type { MeasuredCustomer } from '../../src/demo/measure';
import type { Check } from './verdict';

export interface PlayedFault {
  /** Seconds since the first. */
  readonly after: number;
  readonly seconds: number;
  readonly kind: string;
  readonly name: string;
  readonly told?: string;
}

export interface Report {
  readonly ok: boolean;
  readonly seed: number;
  readonly minutes: number;
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
  const kinds = new Set(faults.map(({ kind }) => kind));
  return [
    `Seed ${seed}: ${months} months of ${customers.length} customers, ${seconds} s.`,
    `${faults.length} faults of ${kinds.size} kinds:`,
    ...faults.map(
      ({ after, seconds: lasted, name, told }) =>
        `  ${String(after).padStart(4)} s  ${name}, ${lasted} s${told ? ` (${told})` : ''}`,
    ),
    ...notPlayed.map((what) => `Not played: ${what}`),
    'Checked:',
    ...checks.map(
      ({ name, ok: isRight, found }) => `  ${isRight ? 'ok' : 'NO'}  ${name}: ${found}`,
    ),
    ok ? 'All is as it must be.' : 'Something is not as it must be.',
  ].join('\n');
}
