/** What our database remembers of customers in these tests, for a workflow begun again. */
import type { BillingState } from '../../src/core/state/billing-state';
import type { PlanTerms } from '../../src/core/plans/plan';
import { sortedDecisions } from '../../src/core/state/billing-past';
import type { RecordedDecision, RecordedPeriod } from '../../src/core/state/billing-past';
import type { Statement } from '../../src/core/invoices/statement';
import type { RecoveredBilling } from '../../src/core/state/billing-past';
import type { TokenGrant } from '../../src/core/state/remembered';

export type Entry = { readonly key: string } & RecordedDecision;

export interface Remembered {
  snapshot: BillingState | null;
  /** Release 0.1.0 took no snapshots. */
  isOfOldRelease: boolean;
  periods: readonly { readonly terms: PlanTerms; readonly statement: Statement }[];
  readonly entries: Entry[];
  readonly grants: TokenGrant[];
  lastSequence: () => number;
}

const people = new Map<string, Remembered>();

export function rememberedOf(customer: string): Remembered {
  const known = people.get(customer);
  if (known) return known;
  const nothing: Remembered = {
    ...{ snapshot: null, isOfOldRelease: false, lastSequence: () => 0 },
    ...{ periods: [], entries: [], grants: [] },
  };
  people.set(customer, nothing);
  return nothing;
}

/** Told twice under a key it is remembered once. */
export function remember(customer: string, entry: Entry): void {
  const { entries } = rememberedOf(customer);
  if (!entries.some(({ key }) => key === entry.key)) entries.push(entry);
}

export function recoveredBilling(customer: string): RecoveredBilling {
  const { snapshot, periods, entries, lastSequence, ...remembered } = rememberedOf(customer);
  const archived = periods.map(recordedPeriod).filter(({ isArchived }) => isArchived);
  const grants = remembered.grants.map((grant) => ({
    ...grant,
    usedTokens: archived.reduce((sum, { grantUses }) => sum + (grantUses[grant.id] ?? 0), 0),
  }));
  if (periods.length === 0) return { grants };
  const past = {
    ...{ snapshot, firstSequence: 1, lastSequence: lastSequence(), invoices: [] },
    ...{ periods: snapshot ? [] : periods.map(recordedPeriod), ...sortedDecisions(entries) },
  };
  return { grants, past };
}

const recordedPeriod = ({ terms, statement }: Remembered['periods'][number]): RecordedPeriod => ({
  ...{ start: statement.periodStart, end: statement.periodEnd, terms },
  ...{ invoice: statement.invoice, grantUses: statement.grantUses },
  isArchived: statement.phase === 'paid' || statement.phase === 'void',
});
