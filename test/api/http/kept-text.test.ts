/**
 * Any text through every route that keeps text: refused with a reason, or kept and read back the
 * same. Never a fault of ours, and never something that a workflow could not write down.
 */
import fc from 'fast-check';
import { isAllStorable } from '../../../src/core/text';
import { anyText } from '../../support/builders/any-text';
import type { TestApi } from '../../support/api/api';
import { startTestApi } from '../../support/api/api';
import { JANUARY } from '../../support/builders/builders';
import { recordUpdates } from '../../support/api/recorded-updates';
import { startVendorApi } from '../../support/vendors/vendor-api';
import type { VendorApi } from '../../support/vendors/vendor-api';

const { asked, updates } = recordUpdates(JANUARY);
/** Each run is a request with a database behind it. */
const RUNS = { numRuns: 60 };

let api: TestApi;
let shop: VendorApi;
beforeAll(async () => {
  api = await startTestApi({ updates });
  shop = await startVendorApi();
  await api.addCustomer('ada');
  await shop.put('acme', { email: 'acme@example.com' });
  await shop.addCustomer('bo');
}, 60_000);
afterAll(async () => {
  await api.close();
  await shop.close();
});

async function send(method: string, path: string, body?: unknown, headers = {}) {
  const response = await api.request(`/v1/${path}`, {
    ...{ method, key: api.keys.admin },
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const answer = (await response.json()) as { code?: string; detail?: string };
  return { ...answer, status: response.status };
}

/** A refusal says what is wrong. */
function isTaken({ status, code, detail }: { status: unknown; code?: string; detail?: string }) {
  expect(Number(status)).toBeLessThan(500);
  if (Number(status) < 300) return true;
  expect(code).toMatch(/^[a-z_]+$/);
  expect(detail).toMatch(/\S/);
  return false;
}

const grant = { id: 'g', tokens: 1 };
const decision = { exception: 'stripe_refused', resolution: 'retry' };
const CHANGES: readonly [string, string, (text: string) => object][] = [
  ['a plan', 'plan', (plan) => ({ plan })],
  ['a reason of a grant', 'grants', (reason) => ({ ...grant, reason })],
  ['the id of a grant', 'grants', (id) => ({ ...grant, id, reason: 'r' })],
  ['a reason', 'exceptions/resolve', (reason) => ({ ...decision, subject: 's', reason })],
  ['a subject', 'exceptions/resolve', (subject) => ({ ...decision, subject, reason: 'r' })],
  ['a reason of a pause', 'dunning/pause', (reason) => ({ invoice: 'i', until: null, reason })],
  ['an invoice', 'dunning/pause', (invoice) => ({ invoice, until: null, reason: 'r' })],
  ['a time', 'subscription', (resumesAt) => ({ action: 'pause', resumesAt })],
];

test.each(CHANGES)('%s (%s) reaches a workflow only as it can be kept', async (_, path, bodyOf) => {
  await fc.assert(
    fc.asyncProperty(anyText, async (text) => {
      asked.length = 0;
      const body = bodyOf(text);
      if (!isTaken(await send('POST', `customers/ada/${path}`, body))) return;
      expect(isAllStorable(asked)).toBe(true);
      expect(JSON.stringify(asked)).toContain(JSON.stringify(text.trim()).slice(1, -1));
    }),
    { ...RUNS, examples: [['pro']] },
  );
});

test('half an emoji in a reason is refused, by its name', async () => {
  const answer = await send('POST', 'customers/ada/grants', { ...grant, reason: 'sorry \ud83d' });
  expect(answer).toMatchObject({ status: 422, code: 'invalid_request' });
  expect(answer.detail).toContain('reason: expected well-formed Unicode');
});

test.each(['model', 'id', 'vendor', 'customer', 'metadata'])(
  'the %s of a usage event is in the ledger as it was sent, or the event is refused',
  async (field) => {
    let number = 0;
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        number += 1;
        const event = {
          id: `${field}-${number}`,
          customer: 'ada',
          model: 'm',
          tokens: { input: 1 },
        };
        const value = field === 'metadata' ? { [text]: text } : text;
        const response = await api.postUsage({ ...event, [field]: value });
        const answer = (await response.json()) as { code?: string; detail?: string };
        if (!isTaken({ ...answer, status: response.status })) return;
        const { rows } = await api.pool.query(
          `select id, customer, model, vendor, metadata from usage_events where id = $1`,
          [field === 'id' ? text : event.id],
        );
        expect((rows[0] as Record<string, unknown>)[field]).toEqual(value);
      }),
      RUNS,
    );
  },
);

test('CloudEvents are taken whole, or refused whole', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyText,
      fc.constantFrom('id', 'source', 'type', 'subject'),
      async (text, field) => {
        const data = { model: text, tokens: { input: 1 }, more: text };
        const envelope = { specversion: '1.0', id: 'c', source: 's', type: 't', subject: 'ada' };
        const response = await api.postUsage(
          { ...envelope, [field]: text, data },
          { 'content-type': 'application/cloudevents+json' },
        );
        isTaken({ status: response.status, ...((await response.json()) as object) });
      },
    ),
    RUNS,
  );
});

const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
const noNumber = '{"toString":1,"valueOf":1}';
const AWKWARD: readonly (readonly [string, string])[] = [
  ['x', deep],
  ['cache_read_input_tokens', deep],
  ['cache_read_input_tokens', noNumber],
  ['tokens', deep],
  ['prompt_tokens', noNumber],
  ['prompt_tokens_details', deep],
  ['model', deep],
  ['vendor', noNumber],
  ['__proto__', deep],
  ['constructor', noNumber],
];

test.each(AWKWARD)('a CloudEvent whose %s is odd is refused alone', async (field, value) => {
  const event = (id: string, data: string) =>
    `{"specversion":"1.0","id":"${field}-${id}","source":"s","type":"t","subject":"ada",` +
    `"data":{"model":"m","prompt_tokens":1,${data}}}`;
  const odd = event('odd', `"${field}":${value}`);
  for (const path of ['/v1/usage', '/api/v1/events']) {
    const response = await api.request(path, {
      ...{ method: 'POST', key: api.keys.ingest },
      headers: { 'content-type': 'application/cloudevents-batch+json' },
      body: `[${event('a', '"x":1')},${odd},${event('b', '"x":1')}]`,
    });
    expect(response.status).toBeLessThan(500);
  }
  const { rows } = await api.pool.query(
    `select from usage_events where id in ('s ${field}-a', 's ${field}-b')`,
  );
  expect(rows).toHaveLength(2);
});

test.each([
  ['customers/{}/usage', 'GET'],
  ['customers/{}/audit', 'GET'],
  ['customers/{}/plan', 'POST'],
  ['customers/{}/dashboard-link', 'POST'],
  ['customers/{}', 'GET'],
  ['vendors/{}/payouts', 'GET'],
  ['vendors/{}/dashboard-link', 'POST'],
  ['customers/ada/usage?period={}', 'GET'],
  ['customers/ada/margin?period={}', 'GET'],
])('/v1/%s (%s) with any text has an answer', async (path, method) => {
  await fc.assert(
    fc.asyncProperty(anyText, async (text) => {
      const place = encodeURIComponent(Buffer.from(text).toString());
      const body = method === 'POST' ? { plan: 'pro' } : undefined;
      isTaken(await send(method, path.replace('{}', place), body));
    }),
    RUNS,
  );
});

test('any Idempotency-Key is known again, or refused', async () => {
  const latin = fc.string({
    unit: fc
      .integer({ min: 0x21, max: 0xff })
      .filter((c) => c !== 0x7f)
      .map((c) => String.fromCharCode(c)),
  });
  await fc.assert(
    fc.asyncProperty(latin, async (key) => {
      const headers = { 'idempotency-key': key };
      isTaken(await send('POST', 'customers/ada/subscription', { action: 'resume' }, headers));
    }),
    RUNS,
  );
});

test.each(['name', 'email', 'plan', 'testClock'])(
  'the %s of a customer',
  async (field) => {
    let number = 0;
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        number += 1;
        const path = `customers/${field}-${number}`;
        const answer = await shop.ask('PUT', path, { email: 'a@example.com', [field]: text });
        // What Stripe does not know is a refusal of Stripe's.
        if (field === 'testClock' && answer.code === 'stripe_error') return;
        if (!isTaken(answer as never)) return;
        const read = await shop.ask('GET', path);
        expect(read[field]).toBe(field === 'name' ? text.trim() : text);
      }),
      { numRuns: 30 },
    );
  },
  60_000,
);

test.each(['name', 'email', 'country'])(
  'the %s of a vendor',
  async (field) => {
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        const answer = await shop.put('acme', { email: 'a@example.com', [field]: text });
        if (!isTaken(answer as never)) return;
        expect((await shop.ask('GET', 'vendors/acme'))[field]).toBe(text.trim());
      }),
      { numRuns: 30 },
    );
  },
  60_000,
);

test.each(['description', 'id', 'customer'])(
  'the %s of a sale',
  async (field) => {
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        const sale = { id: 'sale', customer: 'bo', amountCents: 100, [field]: text };
        isTaken((await shop.ask('POST', 'vendors/acme/charges', sale)) as never);
      }),
      { numRuns: 30 },
    );
  },
  60_000,
);
