/**
 * Goal: an operator can ask for a customer, reconcile ledger, workflow and Stripe, and have an
 * invoice explained to the cent; and whatever is tampered with in the ledger is found.
 */
import { customerText, readCustomer } from '../../../src/cli/operator/customer';
import { ledgerCheckText } from '../../../src/cli/proof/ledger-check-text';
import { readStatement, statementText } from '../../../src/cli/operator/statement';
import { verificationText } from '../../../src/cli/proof/verify-invoice-text';
import type { Statement } from '../../../src/core/invoices/statement';
import { listBillingPeriods } from '../../../src/db/billing-periods';
import { loadCatalog } from '../../../src/stripe/catalog-file';
import { changeTrail } from '../../support/stack/database';
import { eventually } from '../../support/stack/eventually';
import { advanceClock } from '../../support/stripe/test-clock';
import { startProduct } from '../../support/stack/product';
import type { Product } from '../../support/stack/product';
import { checkLedger } from '../../../src/cli/proof/check-ledger';
import { checkInvoice } from '../../../src/cli/proof/invoice-verification';

const EVENTS = 30;
/** 30 × 5,001 = 150,030: 50,030 over Starter's allowance, 15.009 cents. */
const TOKENS = 5_001;
const WAIT_MS = 20_000;

let product: Product;
let deps: Parameters<typeof readCustomer>[0];
let january: Statement;
let february: Statement;
let clock: string;
beforeAll(async () => {
  product = await startProduct();
  deps = { ...product, catalog: await loadCatalog('catalog.yaml') };
  const { id } = await product.stripe.testHelpers.testClocks.create({
    frozen_time: Math.floor(Date.now() / 1000),
  });
  clock = id;
  await product.api.put('/v1/customers/ada', {
    email: 'ada@example.com',
    plan: 'starter',
    testClock: clock,
  });
  [january] = await periods((all) => all.length === 1);
  await use('january', EVENTS, january.periodStart);
  await advance(january.periodEnd);
  // The draft is compared with the ledger before Stripe finalizes it.
  await periods((all) => all[0]?.phase === 'reconciled');
  await advance(january.periodEnd + 2 * 3600);
  [january, february] = (await periods((all) => all[0]?.phase === 'paid')) as [
    Statement,
    Statement,
  ];
  await use('february', 4, february.periodStart);
}, 180_000);
afterAll(() => product.stop());

/** Oldest first. */
async function periods(isThere: (all: readonly Statement[]) => boolean) {
  const read = async () =>
    (await listBillingPeriods(product.pool, 'ada', 5)).map((row) => row.statement).reverse();
  return (await eventually(read, isThere, 60_000)) as [Statement, ...Statement[]];
}

const use = (name: string, count: number, second: number) =>
  product.api.recordUsage(
    'ada',
    Array.from({ length: count }, (_, at) => ({
      id: `${name}-${at}`,
      model: 'gpt-4o-mini',
      tokens: { input: TOKENS - 1_000, output: 1_000 },
      second: second + at,
    })),
  );

const advance = (second: number) => advanceClock(product.stripe, clock, second);

const invoiceId = () => january.invoice?.id ?? '';

/** Changes the ledger behind everyone's back, looks, and puts it back. */
async function tampered<T>(change: string, undo: string, look: () => Promise<T>): Promise<T> {
  expect(await changeTrail(product.pool, change)).toBe(1);
  try {
    return await look();
  } finally {
    await changeTrail(product.pool, undo);
  }
}

test('a customer: our row, Stripe’s ids, and what the workflow says', async () => {
  const report = await readCustomer(deps, 'ada');
  expect(report).toMatchObject({ plan: 'starter', billingStatus: 'active', testClock: clock });
  expect(report.stripeCustomerId).toMatch(/^cus_/);
  expect(report.workflow).toMatchObject({ answered: true, openPeriods: 1, exceptions: [] });
  expect(customerText(report)).toContain('exceptions       none open');
});

test('no such customer is said in a sentence', async () => {
  await expect(readCustomer(deps, 'nobody')).rejects.toThrow('There is no customer "nobody"');
});

test('a statement comes from the workflow while the period is open, then from the archive', async () => {
  const open = await eventually(
    () => readStatement(deps, 'ada', 'current'),
    ({ statement }) => statement.usedTokens === 4 * TOKENS,
  );
  expect(open).toMatchObject({ source: 'workflow', note: null });
  const closed = await readStatement(deps, 'ada', 'previous');
  expect(closed).toMatchObject({ source: 'archive', statement: { overageTokens: 50_030 } });
  expect(statementText(closed)).toMatch(
    /overage_standard[│ ]+50,030[│ ]+50,030[│ ]+3\.00[│ ]+15\.009/,
  );
});

test('reconcile: the closed and the open period, no drift', async () => {
  const result = await checkLedger(deps, 'ada', WAIT_MS);
  expect(result).toMatchObject({ ok: true, customers: [{ customer: 'ada', missingBatch: null }] });
  const [closed, open] = result.customers[0]?.periods ?? [];
  expect(closed).toMatchObject({
    phase: 'paid',
    usedTokens: { ledger: 150_030, workflow: 150_030 },
    rates: [
      { rateId: 'overage_standard', ledger: 50_030, workflow: 50_030, meter: 50_030, drift: 0 },
    ],
  });
  expect(open).toMatchObject({ phase: 'open', usedTokens: { ledger: 20_004, workflow: 20_004 } });
  expect(ledgerCheckText(result)).toContain('1 customers, 2 periods: no drift.');
  expect((await checkLedger(deps, undefined, WAIT_MS)).customers).toHaveLength(1);
});

test('an invoice: $29.00 and 50,030 × $3.00 a million = $0.15, from 30 usage events', async () => {
  const result = await checkInvoice(deps, invoiceId());
  expect(result).toMatchObject({
    ok: true,
    customer: 'ada',
    explained: { totalCents: 2915, invoiceTotalCents: 2915 },
    billed: { events: EVENTS, proof: { eventTokens: 150_030, batchTokens: 150_030 } },
    auditChain: { intact: true },
  });
  expect(verificationText(result)).toMatch(
    /overage_standard[│ ]+50,030[│ ]+3\.00[│ ]+15\.009[│ ]+\$0\.15/,
  );
  expect((await checkInvoice(deps, invoiceId())).billed?.merkleRoot).toBe(
    result.billed?.merkleRoot,
  );
});

test('the first invoice of a subscription bills its base price and no usage', async () => {
  const all = await product.stripe.invoices.list({ limit: 10 });
  const first = all.data.find((invoice) => invoice.billing_reason === 'subscription_create');
  const result = await checkInvoice(deps, String(first?.id));
  expect(result).toMatchObject({ ok: true, billed: null, explained: { totalCents: 2900 } });
});

test('an invoice that Stripe does not have is said in a sentence', async () => {
  await expect(checkInvoice(deps, 'in_none')).rejects.toThrow('Stripe has no invoice "in_none"');
});

test('a usage event put into the ledger behind sealing is found', async () => {
  const before = await checkInvoice(deps, invoiceId());
  const [invoice, ledger] = await tampered(
    `insert into usage_events (id, customer, model, input, occurred_at, content_hash, tx)
     values ('forged', 'ada', 'gpt-4o', 10, to_timestamp(${january.periodStart + 5}), '00', '1')`,
    `delete from usage_events where id = 'forged'`,
    () => Promise.all([checkInvoice(deps, invoiceId()), checkLedger(deps, 'ada', 0)]),
  );
  expect(invoice.ok).toBe(false);
  expect(invoice.billed).toMatchObject({ events: EVENTS + 1, proof: { faultCount: 1 } });
  expect(invoice.billed?.merkleRoot).not.toBe(before.billed?.merkleRoot);
  expect(ledger.ok).toBe(false);
  expect(ledgerCheckText(ledger)).toContain('gpt-4o input: usage events 10, batches 0');
  expect((await checkInvoice(deps, invoiceId())).ok).toBe(true);
});

test('a usage event whose tokens were changed is found', async () => {
  const change = (tokens: number) =>
    `update usage_events set input = input + ${tokens} where id = 'january-7'`;
  const result = await tampered(change(1), change(-1), () => checkInvoice(deps, invoiceId()));
  expect(result).toMatchObject({ ok: false, billed: { proof: { faultCount: 1 } } });
});

test('a changed batch is found: by the usage events, the workflow and the invoice', async () => {
  const change = (from: string, to: string) =>
    `update usage_batches set lines = replace(lines::text, '"tokens": ${from}', '"tokens": ${to}')::jsonb
      where customer = 'ada' and sequence = 1`;
  const [invoice, ledger] = await tampered(change('4001', '9001'), change('9001', '4001'), () =>
    Promise.all([checkInvoice(deps, invoiceId()), checkLedger(deps, 'ada', 0)]),
  );
  expect(invoice.ok).toBe(false);
  expect(invoice.explained.equal).toBe(false);
  expect(verificationText(invoice)).toContain('NOT explained');
  expect(ledger.ok).toBe(false);
  const [rate] = ledger.customers[0]?.periods[0]?.rates ?? [];
  expect(rate?.drift).toBeGreaterThan(0);
  expect(rate?.workflow).toBe(rate?.meter);
});

test('a changed audit entry breaks the chain', async () => {
  const change = (status: string) =>
    `update audit_entries set detail = jsonb_set(detail, '{statement,invoice,status}', '"${status}"')
      where customer = 'ada' and kind = 'period_paid'`;
  const result = await tampered(change('void'), change('paid'), () =>
    checkInvoice(deps, invoiceId()),
  );
  expect(result).toMatchObject({ ok: false, auditChain: { intact: false } });
  expect(verificationText(result)).toContain('its content is not what was hashed');
});

test('usage that comes after its period was closed is late, and no drift', async () => {
  await use('late', 1, january.periodEnd - 10);
  const result = await eventually(
    () => checkLedger(deps, 'ada', 0),
    ({ ok, customers }) => ok && customers[0]?.periods[0]?.lateTokens === TOKENS,
    WAIT_MS,
  );
  expect(ledgerCheckText(result)).toContain(
    '5,001 tokens came after the period was closed: late usage',
  );
  const invoice = await checkInvoice(deps, invoiceId());
  expect(invoice).toMatchObject({ ok: true, billed: { lateTokens: TOKENS } });
});

test('while Temporal does not answer, that is said, and the rest is shown', async () => {
  const silent = {
    ...deps,
    temporal: {
      workflow: product.temporal.workflow,
      withDeadline: () => Promise.reject(new Error('connection refused')),
    } as unknown as typeof deps.temporal,
  };
  const report = await readCustomer(silent, 'ada');
  expect(customerText(report)).toContain(
    'Temporal does not answer for billing:ada: connection refused',
  );
  expect(await readStatement(silent, 'ada', 'current')).toMatchObject({ source: 'written' });
});

test('a discount that the subscription has, and its renewal lacks, is told', async () => {
  await product.stripe.coupons.create({ id: 'OFF', percent_off: 20, duration: 'forever' });
  const subscription = String((await readCustomer(deps, 'ada')).subscriptionId);
  await product.stripe.subscriptions.update(subscription, { discounts: [{ coupon: 'OFF' }] });
  await advance(february.periodEnd + 600);
  const { data: drafts } = await product.stripe.invoices.list({ subscription, status: 'draft' });
  const draft = drafts[0]?.id ?? '';
  expect((await checkInvoice(deps, draft)).explained.discounts).toMatchObject([{ equal: true }]);
  await product.stripe.invoices.update(draft, { discounts: '' });
  const result = await checkInvoice(deps, draft);
  const missing = { amountCents: 580, invoiceAmountCents: 0, equal: false };
  expect(result).toMatchObject({ ok: false, explained: { discounts: [missing] } });
  expect(verificationText(result)).toContain('20% off, which the subscription has');
});
