/** What a customer, an app and a stranger do with planted secrets, well and in every outage. */
import { createApiKey } from '../../../src/db/api-keys';
import { createPool } from '../../../src/db/pool';
import { eventually } from '../stack/eventually';
import { CONTROL, PLANTED } from './planted-stack';
import type { Planted } from './planted-stack';

const PATIENCE_MS = 60_000;
const JSON_TYPE = { 'content-type': 'application/json' };

export interface Answer {
  /** The request; secrets in it are named, not told. */
  readonly what: string;
  /** Status, headers and body. */
  readonly text: string;
  readonly referrerPolicy: string | null;
}

export interface Life {
  /** Tokens of links, and the key that is bound to the customer. By name. */
  readonly tokens: Readonly<Record<string, string>>;
  /** Every error, and every page. */
  readonly answers: Answer[];
  read(path: string): Promise<string>;
}

interface Sent {
  readonly method?: string;
  readonly body?: unknown;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Call = (path: string, sent?: Sent) => Promise<Response>;

const callOf =
  ({ stack }: Planted): Call =>
  (path, { method = 'GET', body, key = stack.info.adminKey, headers = {} } = {}) =>
    fetch(stack.info.apiUrl + path, {
      ...{ method, redirect: 'manual' },
      headers: { authorization: `Bearer ${key}`, ...JSON_TYPE, ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });

const usageOf = (id: string, input: number) => ({
  ...{ id, customer: CONTROL, model: 'gpt-4o-mini', tokens: { input } },
});
const chat = {
  ...{ model: 'gpt-4o-mini', messages: [{ role: 'user', content: PLANTED.prompt }] },
};
const OF_CUSTOMER = `/v1/customers/${CONTROL}`;

/** A customer with usage, a grant, links, and a key of its own that calls a model. */
export async function liveWell(planted: Planted): Promise<Life> {
  const call = callOf(planted);
  const read = async (path: string, sent?: Sent) => (await call(path, sent)).text();
  const send = (method: string, path: string, body: unknown, key?: string) =>
    read(path, { method, body, key });
  await send('PUT', OF_CUSTOMER, { email: PLANTED.email, plan: 'starter' });
  // Beyond the allowance: an e-mail and a notification are due, which nobody takes.
  await send('POST', '/v1/usage', usageOf('call-1', 2_000_000));
  await send('POST', `${OF_CUSTOMER}/grants`, { id: 'g1', tokens: 10, reason: 'goodwill' });
  const boundKey = await proxyKey(planted);
  const answer = await send('POST', '/openai/v1/chat/completions', chat, boundKey);
  expect(answer).toContain('choices');
  const linkOf = async (path: string) => {
    const { url } = JSON.parse(await send('POST', path, {})) as { url: string };
    return String(new URL(url).searchParams.get('token'));
  };
  const tokens = {
    boundKey,
    dashboardToken: await linkOf(`${OF_CUSTOMER}/dashboard-link`),
    portalToken: await linkOf(`${OF_CUSTOMER}/portal-link`),
    vendorToken: await linkOf('/v1/vendors/acme/dashboard-link'),
  };
  return { tokens, answers: [], read };
}

async function proxyKey({ stack }: Planted): Promise<string> {
  const pool = createPool({ connectionString: stack.info.databaseUrl, max: 1 });
  try {
    const scopes = ['proxy', 'ingest'] as const;
    return (await createApiKey(pool, { name: 'planted', scopes, customer: CONTROL })).key;
  } finally {
    await pool.end();
  }
}

export async function failInEveryWay(planted: Planted, life: Life): Promise<void> {
  const call = callOf(planted);
  const note = async (what: string, path: string, sent?: Sent) => {
    const response = await call(path, sent);
    const head = JSON.stringify([response.status, ...response.headers]);
    const text = `${head}\n${await firstOf(response)}`;
    life.answers.push({ what, text, referrerPolicy: response.headers.get('referrer-policy') });
  };
  await openPages(life, note, 'well');
  await sendNonsense(planted, life, note);
  await withoutStripe(planted, life, note);
  await planted.provider.close();
  const { boundKey: key } = life.tokens;
  const asked = { method: 'POST', body: chat, key };
  await note('a call of a model that is not there', '/openai/v1/chat/completions', asked);
  await planted.database.shut();
  await openPages(life, note, 'without a database');
  await note('readiness without a database', '/readyz');
  await note('usage without a database', '/v1/usage', {
    ...{ method: 'POST', body: usageOf('call-2', 1) },
  });
  await planted.database.open();
  await eventually(
    () => life.read('/readyz'),
    (text) => text.includes('ready'),
    PATIENCE_MS,
  );
  await eventually(
    () => life.read('/metrics'),
    (text) => text.includes('tollkeeper_'),
    PATIENCE_MS,
  );
}

type Note = (what: string, path: string, sent?: Sent) => Promise<void>;

/** A page that is live never ends: its beginning is enough. */
async function firstOf(response: Response): Promise<string> {
  if (!response.headers.get('content-type')?.startsWith('text/event-stream'))
    return response.text();
  const reader = response.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  await reader?.cancel();
  return Buffer.from((value as Uint8Array | undefined) ?? []).toString();
}

/** With links as they are, of another purpose and changed; the browser tells where it was. */
async function openPages({ tokens }: Life, note: Note, how: string): Promise<void> {
  const places = { '/dashboard': 'dashboardToken', '/dashboard/events': 'dashboardToken' };
  const others = { '/billing-portal': 'portalToken', '/vendor-dashboard': 'vendorToken' };
  for (const [path, name] of Object.entries({ ...places, ...others })) {
    const token = String(tokens[name]);
    const headers = { referer: `http://127.0.0.1/dashboard?token=${token}` };
    await note(`${path}?token=its own, ${how}`, `${path}?token=${token}`, { headers });
  }
  for (const path of ['/dashboard', '/billing-portal', '/vendor-dashboard', '/vendor-onboarding'])
    await note(`${path}?token=a changed one, ${how}`, `${path}?token=${tokens.dashboardToken}x`);
  const style = { headers: { referer: `http://127.0.0.1/dashboard?token=${tokens.portalToken}` } };
  await note(`a style of the page, ${how}`, '/dashboard/dashboard.css', style);
}

/** A stranger's requests, and an app's that are wrong. */
async function sendNonsense({ stack }: Planted, life: Life, note: Note): Promise<void> {
  const { stripeWebhookSecret, ingestKey } = stack.info;
  const usage = { method: 'POST', body: usageOf('call-3', 1) };
  await note('a wrong key', '/v1/usage', { ...usage, key: PLANTED.wrongKey });
  await note('a key without the scope', OF_CUSTOMER, { key: ingestKey });
  await note('a secret in a query', `${OF_CUSTOMER}/usage?token=${PLANTED.query}&period=no`);
  await note('no such path', `/v1/nothing?key=${PLANTED.query}`);
  await note('no such customer', `${OF_CUSTOMER}-2?key=${PLANTED.query}`);
  const headers = { 'stripe-signature': `t=1,v1=${PLANTED.signature}` };
  await note('a wrong signature', '/webhooks/stripe', { method: 'POST', body: '{}', headers });
  const half = `{"${stripeWebhookSecret}`;
  await note('half a body', '/v1/usage', { method: 'POST', body: half });
  await note('half a body for a model', '/openai/v1/chat/completions', {
    ...{ method: 'POST', body: `{"model": "${PLANTED.prompt}`, key: life.tokens.boundKey },
  });
  await note('an address that is none', '/v1/customers/bo', {
    ...{ method: 'PUT', body: { email: `${PLANTED.query}@`, plan: 'nothing' } },
  });
}

/** Stripe answers with each kind of failure, to the API and to the worker. */
async function withoutStripe({ stack }: Planted, life: Life, note: Note): Promise<void> {
  const bo = { method: 'PUT', body: { email: PLANTED.email, plan: 'starter' } };
  const { portalToken } = life.tokens;
  for (const status of [500, 401, 429]) {
    await fetch(`${stack.info.stripeApiBase}/_sandbox/faults`, {
      ...{ method: 'POST', headers: JSON_TYPE },
      body: JSON.stringify({ path: '/v1/.*', times: 3, status }),
    });
    await note(`a customer at a Stripe of ${status}`, `/v1/customers/bo-${status}`, bo);
    const path = `/billing-portal?token=${portalToken}`;
    await note(`/billing-portal?token=its own, at a Stripe of ${status}`, path);
  }
}
