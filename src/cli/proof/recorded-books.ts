/**
 * What explains the lines of an invoice, without asking the workflow: from the periods that were
 * recorded, the audit trail and the catalog.
 */
import type { BookedPeriod, Books } from '../../core/proof/books';
import { bookedPeriod, periodsOf } from '../../core/proof/books';
import type { Catalog } from '../../core/plans/catalog';
import { planTerms } from '../../core/plans/catalog';
import { planPrice } from '../../core/plans/plan';
import type { PlanPrice } from '../../core/plans/plan';
import type { KnownPeriod, Replay } from '../../core/proof/replay';
import type { AuditEntry } from '../../db/audit-entries';
import type { LateItem } from '../../core/state/period-state';

export function recordedBooks(
  { periods }: Pick<Replay, 'periods'>,
  entries: readonly AuditEntry[],
  catalog: Catalog,
): Books {
  const changes = detailsOf<Change>(entries, 'plan_change_asked');
  const items = detailsOf<LateItem>(entries, LATE_USAGE_INVOICED);
  return {
    ...periodsOf(
      periods.map((period, index) =>
        period.formerPlans
          ? bookedPeriod(period, periods[index - 1])
          : guessedPeriod(period, changes, catalog),
      ),
    ),
    lateItem: (key) => items.find((item) => item.key === key),
  };
}

const LATE_USAGE_INVOICED = 'late_usage_invoiced';

/** What we put onto an invoice. */
export const lateItemsOn = (entries: readonly AuditEntry[], invoice: string): LateItem[] =>
  detailsOf<LateItem & { readonly invoiceId: string }>(entries, LATE_USAGE_INVOICED).filter(
    ({ invoiceId }) => invoiceId === invoice,
  );

const detailsOf = <Detail>(entries: readonly AuditEntry[], kind: string): Detail[] =>
  entries.filter((entry) => entry.kind === kind).map(({ detail }) => detail as Detail);

interface Change {
  readonly from: string;
  readonly when: string;
  readonly effectiveFrom: number;
}

/**
 * Recorded by an earlier release. A plan that it was changed from comes first; any other may have
 * been held, too.
 */
function guessedPeriod(
  { start, end, terms }: KnownPeriod,
  changes: readonly Change[],
  catalog: Catalog,
): BookedPeriod {
  const priceOf = (planId: string): PlanPrice[] =>
    planId !== terms.planId && catalog.plans.some(({ id }) => id === planId)
      ? [planPrice(planTerms(catalog, planId))]
      : [];
  const formerPrices = changes
    .filter(({ when, effectiveFrom }) => when === 'now' && effectiveFrom === start)
    .flatMap(({ from }) => priceOf(from));
  const catalogPrices = catalog.plans.flatMap(({ id }) => priceOf(id));
  return {
    ...{ start, end, wholeEnd: end, isPastKnown: true },
    plans: [...formerPrices, planPrice(terms), ...catalogPrices],
  };
}
