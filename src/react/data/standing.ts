/**
 * What a customer has and is offered, on their page and in an app's components, as the API hands it
 * over. JSON: times are ISO 8601 in UTC, money integer cents. All sums are worked out there.
 */
export interface WaitingChanges {
  /** A change that waits for the end of the period. */
  readonly nextPlan: { readonly name: string; readonly from: string } | null;
  /** A cancellation that waits. */
  readonly cancelAt: string | null;
}

export interface Standing extends WaitingChanges {
  /** Their id, by which the page knows that both of its tokens are of the same one. */
  readonly customer: string;
  readonly rights: readonly ('card' | 'plan' | 'cancel' | 'invoices')[];
  readonly billingStatus:
    'pending' | 'incomplete' | 'trialing' | 'active' | 'past_due' | 'paused' | 'ended';
  readonly currency: string;
  /** null: no plan was bought yet. */
  readonly plan: StandingPlan | null;
  /** null: there is none, or nobody may see it. */
  readonly card: StandingCard | null;
  /** The cheapest come first. */
  readonly plans: readonly OfferedPlan[];
  /** null: there is nothing that could be canceled. */
  readonly cancellation: Cancellation | null;
}

export interface StandingPlan {
  readonly id: string;
  readonly name: string;
  readonly monthlyPriceCents: number;
  /** When the period ends: the plan is paid again, or ends. null: it has ended. */
  readonly renewsAt: string | null;
}

export interface StandingCard {
  /** Such as visa; of what is no card, its kind. */
  readonly brand: string;
  readonly last4: string | null;
  readonly expires: { readonly month: number; readonly year: number } | null;
  readonly isExpired: boolean;
}

export interface OfferedPlan {
  readonly id: string;
  readonly name: string;
  readonly monthlyPriceCents: number;
  /** null: unlimited. */
  readonly includedTokens: number | null;
  readonly prices: readonly { readonly name: string; readonly pricePerMillionTokens: string }[];
  readonly isCurrent: boolean;
  /** checkout: it is bought on Stripe's page. stay: what waits is taken back. */
  readonly way: 'now' | 'period_end' | 'checkout' | 'stay';
}

/** What it means to cancel. */
export interface Cancellation {
  readonly endsAt: string;
  /** Usage beyond the allowance, so far: it is on the last invoice. */
  readonly usageCents: number;
  readonly isTrial: boolean;
}

/** The price of a change, to be confirmed as it was shown. */
export interface ChangePrice {
  readonly plan: string;
  readonly name: string;
  readonly way: 'now' | 'period_end';
  readonly effectiveFrom: string;
  readonly currency: string;
  readonly dueNowCents: number;
  readonly lines: readonly { readonly description: string; readonly amountCents: number }[];
  readonly nextInvoice: {
    readonly at: string;
    readonly planPriceCents: number;
    readonly usageCents: number;
    readonly discountCents: number;
    readonly amountCents: number;
  };
  readonly takesBackCancellation: boolean;
}

export interface InvoiceDocument {
  readonly id: string;
  readonly number: string | null;
  readonly createdAt: string;
  readonly reason: string;
  readonly status: 'paid' | 'open' | 'uncollectible' | 'void';
  readonly currency: string;
  readonly totalCents: number;
  /** What is left to pay. */
  readonly dueCents: number;
  readonly hostedUrl: string | null;
  readonly pdfUrl: string | null;
}

export interface InvoiceDocuments {
  /** The latest come first. */
  readonly invoices: readonly InvoiceDocument[];
  /** Where the next page begins; null: this is the last. */
  readonly after: string | null;
}
