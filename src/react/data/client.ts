/** Asks the API by the customer's token, and for another token where one has ended. */
import { contentOf, Refusal, UNREACHABLE } from './refusal';
import type { ChangePrice, InvoiceDocuments, Standing } from './standing';
import type { DashboardView } from './view';

export interface TollkeeperSettings {
  /** Where the API is, or whatever of the app's own leads there. */
  readonly baseUrl: string;
  /**
   * Asks the app's server for a token (POST …/token). It is called before the first request, and
   * again when a token has ended: it answers a fresh one each time, or rejects.
   */
  readonly getToken: () => Promise<string> | string;
}

export interface Client {
  usage(period: string | undefined): Promise<DashboardView>;
  /** A response whose body goes on until the token ends. Throws a Refusal. */
  events(signal: AbortSignal): Promise<Response>;
  plan(): Promise<Standing>;
  price(plan: string): Promise<ChangePrice>;
  changePlan(price: ChangePrice, key: string): Promise<Standing>;
  /** Stripe's page: for a plan, or else for a card. */
  checkout(plan: string | undefined, returnUrl: string, key: string): Promise<string>;
  invoices(cursor: string | null): Promise<InvoiceDocuments>;
}

interface Question {
  readonly method?: 'POST';
  readonly body?: object;
  readonly key?: string;
  readonly signal?: AbortSignal;
}

const NO_TOKEN = 'You could not be signed in to your billing. Load the page again.';
const UNAUTHORIZED = 401;

export function createClient(settings: TollkeeperSettings): Client {
  const send = createSender(settings);
  const ask = async <T>(path: string, question?: Question): Promise<T> =>
    contentOf<T>(await send(path, question));
  const order = <T>(path: string, body: object, key?: string): Promise<T> =>
    ask(path, { method: 'POST', body, ...(key !== undefined && { key }) });
  return {
    usage: (period) => ask(`usage${period ? `?period=${encodeURIComponent(period)}` : ''}`),
    events: async (signal) => {
      const response = await send('events', { signal });
      return response.ok ? response : contentOf<never>(response);
    },
    plan: () => ask('plan'),
    price: (plan) => order('plan-price', { plan }),
    changePlan: ({ plan, way, dueNowCents, nextInvoice: { planPriceCents } }, key) =>
      order('plan', { plan, way, dueNowCents, planPriceCents }, key),
    checkout: async (plan, returnUrl, key) => {
      const body = { ...(plan !== undefined && { plan }), returnUrl };
      return (await order<{ url: string }>('checkout', body, key)).url;
    },
    invoices: (cursor) => ask(`invoices${cursor === null ? '' : `?after=${cursor}`}`),
  };
}

/** A request that is refused for its token is sent once more, with another one. */
function createSender({ baseUrl, getToken }: TollkeeperSettings) {
  const base = `${baseUrl.replace(/\/+$/, '')}/v1/me`;
  let token: Promise<string> | undefined;
  const current = (): Promise<string> => {
    const pending = (token ??= (async () => getToken())());
    pending.catch(() => {
      if (token === pending) token = undefined;
    });
    return pending;
  };

  const attempt = async (path: string, question: Question, secret: string): Promise<Response> => {
    const { method = 'GET', body, key, signal } = question;
    return fetch(`${base}/${path}`, {
      method,
      credentials: 'omit',
      headers: {
        authorization: `Bearer ${secret}`,
        ...(body && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(body && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    }).catch((error: unknown) => {
      throw new Refusal('unreachable', signal?.aborted ? String(error) : UNREACHABLE);
    });
  };

  return async (path: string, question: Question = {}): Promise<Response> => {
    const withToken = async (secret: Promise<string>): Promise<Response> => {
      const text = await secret.catch(() => {
        throw new Refusal('no_token', NO_TOKEN);
      });
      return attempt(path, question, text);
    };
    const first = current();
    const response = await withToken(first);
    if (response.status !== UNAUTHORIZED) return response;
    // Whoever was refused before us has another one already.
    if (token === first) token = undefined;
    return withToken(current());
  };
}
