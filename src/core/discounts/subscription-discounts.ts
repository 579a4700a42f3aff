/**
 * Which discounts of its subscription a renewal's invoice must have, and which it must not. Only
 * what is certain counts: a discount that was gone from the subscription before the period ended,
 * and one that was there before and after.
 */
import type { InvoiceDiscount } from '../invoices/invoice-discount';
import type { InvoiceLine, InvoiceSnapshot } from '../invoices/invoice-snapshot';
import type { LateItem, PeriodState } from '../state/period-state';
import type { SubscriptionStanding } from '../state/remembered';
import type { SubscriptionSnapshot } from '../subscription/subscription-snapshot';
import { takenByDiscounts } from './coming-discount';
import type { ComingDiscount, DueLine, GoneDiscount } from './coming-discount';

export interface KnownDiscounts {
  readonly present: readonly ComingDiscount[];
  readonly gone: readonly GoneDiscount[];
  /** They were read after this second. */
  readonly readSince: number;
}

export interface MissingDiscount {
  readonly discount: ComingDiscount;
  readonly amountCents: number;
}

/** A subscription has at most 20 at once. */
const GONE_MAX = 40;

/**
 * Stripe does not say whether a discount that ends as the period does still counts, nor when within
 * the day of a renewal its invoice is made: both are right so near to the end.
 */
const EDGE_SECONDS = 24 * 60 * 60;

/** What a reading lacks, and the one before had, is gone; Stripe may drop all when it ends. */
export function followDiscounts(
  previous: SubscriptionStanding,
  { standing, currentPeriod, endedAt }: SubscriptionSnapshot,
): SubscriptionStanding {
  const isPresent = (id: string) => (standing.discounts ?? []).some((one) => one.id === id);
  const lost = endedAt === null ? (previous.discounts ?? []) : [];
  const gone = [
    ...(previous.goneDiscounts ?? []),
    ...lost.flatMap((one) => goneFrom(one, currentPeriod.start)),
  ].filter(({ id }) => !isPresent(id));
  return gone.length === 0 ? standing : { ...standing, goneDiscounts: gone.slice(-GONE_MAX) };
}

const goneFrom = ({ id, endsAt }: ComingDiscount, since: number): GoneDiscount[] =>
  id === undefined ? [] : [{ id, since, ...(endsAt !== undefined && { endsAt }) }];

/** The subscription had no such discount any more as the period ended. */
export function isOver(
  { id, isOnInvoice, isOfSubscription, endsAt }: InvoiceDiscount,
  { start, end }: Pick<PeriodState, 'start' | 'end'>,
  { present, gone }: KnownDiscounts,
): boolean {
  if (!isOnInvoice || !isOfSubscription) return false;
  const ends = endsAt ?? [...present, ...gone].find((one) => one.id === id)?.endsAt;
  if (ends !== undefined && ends < end - EDGE_SECONDS) return true;
  return gone.some((one) => one.id === id && one.since <= start);
}

/**
 * The subscription had them as the period ended, and has them still. Stripe does not say whether an
 * invoice's discount has the subscription's id: one with its coupon is it.
 */
export function missingDiscounts(
  { discounts = [], lines }: InvoiceSnapshot,
  { end }: Pick<PeriodState, 'end'>,
  { present, readSince }: KnownDiscounts,
  lateItem: (key: string) => LateItem | undefined,
): MissingDiscount[] {
  if (readSince < end) return [];
  const missing = present.filter(
    ({ id, coupon, startsAt, endsAt }) =>
      startsAt !== undefined &&
      startsAt < end &&
      (endsAt === undefined || endsAt > end + EDGE_SECONDS) &&
      !discounts.some((one) => one.id === id || one.couponId === coupon),
  );
  const due = lines.flatMap((line) => dueOf(line, lateItem));
  const parts = takenByDiscounts(missing, due);
  return missing
    .map((discount, at) => ({ discount, amountCents: parts[at]?.amountCents ?? 0 }))
    .filter(({ amountCents }) => amountCents > 0);
}

/** What a coupon can reach of a line: of what others left, and neither changes nor corrections. */
function dueOf(line: InvoiceLine, lateItem: (key: string) => LateItem | undefined): DueLine[] {
  const { rateId, isBase, lateItemKey, amountCents, discounts = [] } = line;
  const rest = discounts.reduce((cents, one) => cents - one.amountCents, amountCents);
  if (isBase || rateId !== null) return [{ rateId, amountCents: rest }];
  if (lateItemKey === undefined || lateItem(lateItemKey)?.correctionCents) return [];
  // A coupon for certain products may not be for it.
  return [{ rateId: lateItemKey, amountCents: rest }];
}
