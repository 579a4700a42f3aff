/** A subscription of the account as Stripe has it, with all that decides who may take it over. */

export interface SubscriptionFacts {
  readonly subscriptionId: string;
  readonly stripeCustomerId: string;
  /** Stripe's own status: active, past_due, canceled, … */
  readonly status: string;
  /** ISO code in lower case. */
  readonly currency: string;
  readonly items: readonly ItemFacts[];
  readonly email: string | null;
  readonly name: string | null;
  readonly customerMetadata: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly testClock: string | null;
  readonly isCustomerDeleted: boolean;
  /** Stripe sends invoices to be paid later, instead of charging. */
  readonly isInvoiced: boolean;
  readonly isPaused: boolean;
  /** It ends by itself, now or at a time that was set. */
  readonly isEnding: boolean;
  readonly isScheduled: boolean;
  /** A change waits for its payment. */
  readonly isChanging: boolean;
  readonly isDiscounted: boolean;
  readonly isTaxed: boolean;
  /** It pays, or was made by, another account. */
  readonly isConnected: boolean;
  readonly isClassic: boolean;
  /** It invoices between renewals: at thresholds, or what waits. */
  readonly isInvoicedBetween: boolean;
  /** Unix seconds; of the first item. null: there is none. */
  readonly period: { readonly start: number; readonly end: number } | null;
}

export interface ItemFacts {
  readonly priceId: string;
  readonly currency: string;
  /** Cents for each period; null: it is not one whole amount per unit. */
  readonly unitCents: number | null;
  readonly isMetered: boolean;
  /** month, year, …; null: the price does not recur. */
  readonly interval: string | null;
  readonly intervalCount: number;
  readonly quantity: number;
  /** The plan that the price says it is the base price of. */
  readonly planId: string | null;
  /** The price is of one of our rates. */
  readonly isRate: boolean;
}
