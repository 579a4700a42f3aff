/**
 * Asks the API for what changes something, by the token that came behind the #. Without one, the
 * page shows figures and nothing to do.
 */
import { contentOf, Refusal, UNREACHABLE } from '../../../react/data/refusal';
import type { ChangePrice, InvoiceDocuments, Standing } from '../../standing';

export interface Desk {
  standing(): Promise<Standing>;
  invoices(cursor: string | null): Promise<InvoiceDocuments>;
  price(plan: string): Promise<ChangePrice>;
  /** `key`: the same one is the same order, however often it is sent. */
  changePlan(agreed: ChangePrice, key: string): Promise<Standing>;
  goOn(dueNowCents: number, key: string): Promise<Standing>;
  cancel(key: string): Promise<Standing>;
  keep(key: string): Promise<Standing>;
  /** Leaves for Stripe's page: for a plan, or else for a card. */
  checkout(plan: string | undefined, key: string): Promise<string>;
}

export function openDesk(): Desk | undefined {
  const token = keptToken() ?? new URLSearchParams(location.hash.slice(1)).get('manage');
  if (token === null) return undefined;
  const ask = async <T>(method: string, path: string, body?: object, key?: string): Promise<T> => {
    const response = await fetch(`dashboard/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(body && { body: JSON.stringify(body) }),
    }).catch(() => {
      throw new Refusal('unreachable', UNREACHABLE);
    });
    return contentOf<T>(response);
  };
  return {
    standing: () => ask('GET', 'standing'),
    invoices: (cursor) => ask('GET', cursor === null ? 'invoices' : `invoices?after=${cursor}`),
    price: (plan) => ask('POST', 'plan-price', { plan }),
    changePlan: ({ plan, way, dueNowCents, nextInvoice: { planPriceCents } }, key) =>
      ask('POST', 'plan', { plan, way, dueNowCents, planPriceCents }, key),
    goOn: (dueNowCents, key) => ask('POST', 'resumption', { dueNowCents }, key),
    cancel: (key) => ask('POST', 'cancellation', {}, key),
    keep: (key) => ask('DELETE', 'cancellation', undefined, key),
    checkout: async (plan, key) =>
      (await ask<{ url: string }>('POST', 'checkout', plan === undefined ? {} : { plan }, key)).url,
  };
}

function keptToken(): string | null {
  try {
    return sessionStorage.getItem(`tollkeeper manage ${location.pathname}`);
  } catch {
    // A frame may be denied storage; there the token is in the address still.
    return null;
  }
}
