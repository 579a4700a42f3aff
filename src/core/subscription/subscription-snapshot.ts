/** A subscription as it was read from Stripe, in our words. */
import type { RecoveredBilling } from '../state/billing-past';
import type { Period } from '../period';
import type { PlanTerms } from '../plans/plan';
import type { SoldBase } from '../plans/sold-prices';
import type { SubscriptionStanding, SoldItem } from '../state/remembered';

/** A subscription as read from Stripe. */
export interface SubscriptionSnapshot {
  readonly subscriptionId: string;
  readonly stripeCustomerId: string;
  /** Stripe's own status: active, past_due, canceled, … */
  readonly status: string;
  /** Unix seconds when the subscription began. */
  readonly startedAt: number;
  /** Unix seconds; null while it lasts. */
  readonly endedAt: number | null;
  /** Unix seconds; null says that there was none. */
  readonly trialEnd: number | null;
  /**
   * Unix seconds; absent: it was read before trials were told apart, and their usage was billed.
   */
  readonly trialStart?: number | null;
  readonly currentPeriod: Period;
  /** Start and end in turn of service periods on cycle invoices: fills what we slept through. */
  readonly invoiceEdges: readonly number[];
  /** The terms of the current period's plan, as the subscription was sold. */
  readonly terms: PlanTerms;
  /** Its items with their own prices. Absent: it is from before prices were compared. */
  readonly items?: readonly SoldItem[];
  /** What the base item is to charge. Absent: what the terms say. */
  readonly base?: SoldBase;
  /** Absent: the subscription at Stripe refers to the catalog version of its terms. */
  readonly isUnpinned?: true;
  /** Terms of another plan that the last period we knew ended with; absent: none is known of. */
  readonly formerTerms?: PlanTerms;
  /** Second at which the item of each rate was added. */
  readonly rateItems: Readonly<Record<string, number>>;
  /** The subscription can have so many items. Absent: it was not read, no limit is known. */
  readonly itemsMax?: number;
  readonly standing: SubscriptionStanding;
  /** Other subscriptions of the customer with our prices. Absent: nobody looked for them. */
  readonly otherSubscriptions?: readonly string[];
  /** Those of them that Checkout made while ours lasts. Absent: there are none. */
  readonly secondCheckouts?: readonly string[];
  /** Whether an invoice bills the last period of a subscription that ended; null: it lasts. */
  readonly isLastPeriodInvoiced: boolean | null;
  /**
   * The customer was deleted at Stripe, and the subscription ended with that. Absent: neither
   * happened.
   */
  readonly isCustomerGone?: true;
  /** Grants end with the subscription that a customer leaves. Absent: they are kept. */
  readonly grantsAfterEnd?: 'keep' | 'expire';
  /** Only the first reading has it: what an earlier workflow of this customer has left behind. */
  readonly recovered?: RecoveredBilling;
}
