/** What PUT /v1/customers/{customer} may ask for. */

export interface CustomerRequest {
  readonly email: string;
  /** Absent: as it is. */
  readonly name?: string | null;
  readonly plan?: string;
  readonly testClock?: string;
  /** Taken when the customer is made, and never after. */
  readonly trialDays?: number;
  /** `later`, or the id of a card; absent: a test card, or whatever the customer has. */
  readonly paymentMethod?: string;
  /** Absent: as it is. */
  readonly autoUpgrade?: boolean;
}
