/** A customer's invoices as Stripe has them at this moment: its links to them work for a while. */
import type Stripe from 'stripe';

export interface InvoicePage {
  readonly invoices: readonly Stripe.Invoice[];
  /** The last one's id, where more follow. */
  readonly after: string | null;
}

/** Drafts are left out, so a page may have fewer. */
export async function listInvoices(
  stripe: Stripe,
  customer: string,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<InvoicePage> {
  const { data, has_more: hasMore } = await stripe.invoices.list({
    ...{ customer, limit },
    ...(after !== undefined && { starting_after: after }),
  });
  return {
    invoices: data.filter(({ status }) => status !== 'draft' && status !== null),
    after: hasMore ? (data.at(-1)?.id ?? null) : null,
  };
}
