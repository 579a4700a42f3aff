/** Who reads an e-mail, and where the links in it lead. */

export interface Reader {
  readonly name: string | null;
  /** The customer's page, where the API's public address is known. */
  readonly dashboardUrl: string | null;
  /** It leads to Stripe's billing portal: invoices and cards. */
  readonly billingPortalUrl: string | null;
  /** The portal shows nothing but where a card is put in. */
  readonly cardUrl: string | null;
}
