/**
 * Asks the API for what changes something, by the token that came behind the #. Without one, the
 * page shows figures and nothing to do.
 */
import type { ChangePrice, InvoiceDocuments, Standing } from '../../standing';

/** The API's answer to what can't be done, in words for the customer. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    text: string,
  ) {
    super(text);
  }
}

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
    const answer: unknown = await response.json().catch(() => null);
    if (response.ok && answer !== null) return answer as T;
    const { code = 'unreachable', detail = UNREACHABLE } = (answer ?? {}) as Problem;
    throw new Refusal(code, detail);
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

interface Problem {
  readonly code?: string;
  readonly detail?: string;
}

const UNREACHABLE =
  'We could not be reached. Press the button once more: it is done once, however often you press it.';

/** What these say is that nothing was done, so a next try is another order. */
export const isDecided = ({ code }: Refusal): boolean =>
  !['unreachable', 'billing_unavailable', 'stripe_error', 'internal_error'].includes(code);

const KEY_BYTES = 16;

export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function keptToken(): string | null {
  try {
    return sessionStorage.getItem(`tollkeeper manage ${location.pathname}`);
  } catch {
    // A frame may be denied storage; there the token is in the address still.
    return null;
  }
}
