/**
 * Goal: usage that an app signals to its customer's workflow is in the ledger, counted, reported
 * and billed like any other, once; what can't be taken is seen.
 */
import { recordUsageSignal, statusQuery } from '../../workflows/contract';
import { readExceptions, resolveException } from '../../src/cli/operator/exceptions';
import { readAuditEntries } from '../../src/db/audit-entries';
import { createBillingStarter } from '../../src/temporal/signals';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { createBillingUpdates } from '../../src/temporal/updates';
import type { ChangingDeps } from '../../src/cli/operator/operator';
import { eventually } from '../support/stack/eventually';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';

let product: Product;
beforeAll(async () => {
  product = await startProduct({ LOG_LEVEL: 'silent', SIGNALS_PER_RUN_MAX: '3' });
  for (const customer of ['ada', 'bo'])
    await product.api.put(`/v1/customers/${customer}`, {
      ...{ email: `${customer}@example.com`, plan: 'starter' },
    });
}, 120_000);
afterAll(() => product.stop());

const handle = (customer: string) => product.temporal.workflow.getHandle(`billing:${customer}`);
const aCall = (id: string, input: number) => ({ id, model: 'gpt-4o-mini', tokens: { input } });
const stateOf = (customer: string) => handle(customer).query(statusQuery);

async function ledger(customer: string) {
  const { rows } = await product.pool.query<{ id: string; tokens: number }>(
    'select id, input::int as tokens from usage_events where customer = $1 order by id',
    [customer],
  );
  return rows;
}

test('signalled usage is counted and reported; signalled or sent again, it is once', async () => {
  const first = [aCall('a1', 100_000), aCall('a2', 50_000)];
  await handle('ada').signal(recordUsageSignal, { events: first });
  await handle('ada').signal(recordUsageSignal, { events: [...first, aCall('a3', 7)] });
  const second = Math.floor(Date.now() / 1000);
  await product.api.recordUsage('ada', [{ ...aCall('a4', 3), second }]);
  const sent = await fetch(new URL('/v1/usage', product.apiUrl), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${product.ingestKey}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ ...aCall('a4-again', 1), customer: 'ada' }),
  });
  expect(sent.status).toBe(202);

  const state = await eventually(
    () => stateOf('ada'),
    ({ periods }) => periods[0]?.rates.overage_standard?.reportedTokens === 50_011,
  );
  expect(state.periods[0]?.usedTokens).toBe(150_011);
  expect(state.exceptions).toEqual([]);
  expect(await ledger('ada')).toHaveLength(5);
});

test('what can not be taken is an audit entry and an exception, and the rest is counted', async () => {
  await handle('bo').signal(recordUsageSignal, {
    events: [
      aCall('b1', 5),
      { ...aCall('b2', 1), tokens: { input: -1 } },
      { ...aCall('b3', 1), customer: 'ada' },
      { ...aCall('b4\u0000', 1) },
      // Our own cut of what is quoted once halved an emoji, and the entry was refused for ever.
      { ...aCall('b5', 1), model: '😀'.repeat(201) },
      { ...aCall('b6', 1), model: 'half an emoji \ud83d' },
    ],
  });
  // An app is free to send what is no list at all.
  await handle('bo').signal('recordUsage', 'nonsense');
  const entries = await eventually(
    async () =>
      (await readAuditEntries(product.pool, 'bo')).filter((e) => e.kind === 'usage_rejected'),
    ({ length }) => length === 6,
  );
  expect(entries.map(({ detail }) => [detail.code, detail.message]).sort()).toEqual([
    ['invalid_usage_event', expect.stringContaining('The usage event is "nonsense"')],
    ['invalid_usage_event', expect.stringContaining('customer is "ada": expected "bo"')],
    ['invalid_usage_event', expect.stringContaining('id is "b4\\u0000"')],
    ['invalid_usage_event', expect.stringContaining('model is "half an emoji')],
    ['invalid_usage_event', expect.stringMatching(/^model is "(😀){78}…: /u)],
    ['invalid_usage_event', expect.stringContaining('tokens.input is -1')],
  ]);
  expect(entries.some(({ detail }) => String(detail.usageEvent).includes('"id":"b2"'))).toBe(true);
  const state = await eventually(
    () => stateOf('bo'),
    ({ periods, exceptions }) => periods[0]?.usedTokens === 5 && exceptions.length === 1,
  );
  expect(state.exceptions).toMatchObject([{ kind: 'usage_rejected', subject: 'recordUsage' }]);
  expect(await ledger('bo')).toEqual([{ id: 'b1', tokens: 5 }]);
});

test('what is open is listed of all customers, by kind, and so is whose it is', async () => {
  const exceptions = [{ customer: 'bo', kind: 'usage_rejected', subject: 'recordUsage' }];
  await eventually(
    () => product.api.get<{ exceptions: unknown[] }>('/v1/exceptions?kind=usage_rejected'),
    (page) => page?.exceptions.length === 1,
  );
  const page = { exceptions, unheard: [], nextCursor: null };
  expect(await product.api.get('/v1/exceptions')).toMatchObject(page);
  expect(await product.api.get('/v1/exceptions?kind=invoice_gone')).toMatchObject({
    exceptions: [],
  });
  expect(await product.api.get('/v1/customers?exception=open')).toMatchObject({
    customers: [{ customer: 'bo' }],
    nextCursor: null,
  });
});

test('an operator who has seen it closes the exception', async () => {
  const starting = { temporal: product.temporal, config: { SIGNALS_PER_RUN_MAX: 1_000 } };
  const updates = createBillingUpdates(product.temporal, createBillingStarter(starting));
  const deps: ChangingDeps = { ...product, catalog: await loadCatalog('catalog.yaml'), updates };
  const decision = { kind: 'write_off' as const, reason: 'the app is mended', by: 'op' };
  await resolveException(
    deps,
    'bo',
    { ...decision, exception: 'usage_rejected', subject: 'recordUsage' },
    async () => true,
  );
  expect((await readExceptions(deps, 'bo')).exceptions).toEqual([]);
});

test('runs that end while usage is signalled lose none of it', async () => {
  await product.api.put('/v1/customers/cy', { email: 'cy@example.com', plan: 'starter' });
  for (let call = 0; call < 20; call += 1)
    await handle('cy').signal(recordUsageSignal, { events: [aCall(`c${call}`, 1)] });
  await eventually(
    () => stateOf('cy'),
    ({ periods }) => periods[0]?.usedTokens === 20,
  );
  expect(await ledger('cy')).toHaveLength(20);
});
