/** Goal: a draft that was let go is not out of sight until Stripe has finalized it. */
import type Stripe from 'stripe';
import { DAY, HOUR } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';

const on = useStage();
beforeEach(() => on.stage.clear());

const renewal = async (life: Life): Promise<Stripe.Invoice> =>
  (await life.invoices()).find(
    ({ billing_reason: reason }) => reason === 'subscription_cycle',
  ) as Stripe.Invoice;

test('somebody keeps a draft whose hold was refused to us: it is told, and leaves by a decision', async () => {
  const life = await on.aLife();
  const { end } = await life.period();
  life.troubles.refusals.set('holdInvoice', 404);
  await life.to(end + 24 * 60);
  const { id: invoice } = await renewal(life);
  await on.stage.stripe.invoices.update(invoice, { auto_advance: false });
  await life.catchUp();
  await life.to(end + DAY);
  expect(await renewal(life)).toMatchObject({ status: 'draft' });
  expect(life.state().exceptions).toMatchObject([
    { kind: 'invoice_not_advancing', subject: invoice },
  ]);
  await life.ask('resolveException', {
    ...{ exception: 'invoice_not_advancing', subject: invoice, kind: 'retry' },
    ...{ reason: 'looked at', by: 'grace' },
  });
  await life.catchUp();
  expect(await renewal(life)).toMatchObject({ status: 'paid', total: 2900 });
  expect(life.state().exceptions).toEqual([]);
});

/** January's renewal, equal to the ledger and let go; 50,000 tokens are over. */
async function aDraftLetGo(): Promise<{ life: Life; invoice: string; end: number }> {
  const life = await on.aLife();
  await life.use(150_000);
  const { end } = await life.period();
  await life.to(end + 60);
  const { id, auto_advance: advances } = await renewal(life);
  expect([life.state().periods[0]?.phase, advances]).toEqual(['reconciled', true]);
  return { life, invoice: id, end };
}

const addSetupFee = (life: Life, invoice: string) =>
  on.stage.stripe.invoiceItems.create({
    ...{ customer: life.stripeCustomerId, invoice, currency: 'usd', amount: 5_000 },
    description: 'Setup fee',
  });

const comparisons = (life: Life) => life.troubles.attempts.get('sumLedger') ?? 0;

const differs = (life: Life) =>
  life.state().exceptions.map(({ kind, subject, message }) => [kind, subject, message]);

test('a line added after the books agreed holds the draft again; taken off, it is let go', async () => {
  const { life, invoice, end } = await aDraftLetGo();
  const { id: item } = await addSetupFee(life, invoice);
  await life.catchUp();
  await life.to(end + DAY);
  expect(await renewal(life)).toMatchObject({ status: 'draft', total: 2915 + 5000 });
  expect(differs(life)).toEqual([
    ['invoice_differs', invoice, expect.stringContaining('Setup fee')],
  ]);
  await on.stage.stripe.invoiceItems.del(item);
  await life.catchUp();
  expect(await renewal(life)).toMatchObject({ status: 'paid', total: 2915, metadata: {} });
  expect(life.state()).toMatchObject({ exceptions: [], archived: [{ phase: 'paid' }] });
});

test('an amount edited after the books agreed, with its news lost: found before it leaves', async () => {
  const { life, invoice, end } = await aDraftLetGo();
  await addSetupFee(life, invoice);
  await life.to(end + 65 * 60, 'never');
  expect(await renewal(life)).toMatchObject({ status: 'draft', auto_advance: false });
  await life.to(end + DAY);
  expect(differs(life)).toEqual([
    ['invoice_differs', invoice, expect.stringContaining('Setup fee')],
  ]);
});

test('a difference that was accepted stays so when the draft is looked at once more', async () => {
  const { life, invoice, end } = await aDraftLetGo();
  await addSetupFee(life, invoice);
  await life.catchUp();
  await life.to(end + 30 * 60);
  await life.ask('resolveException', {
    ...{ exception: 'invoice_differs', subject: invoice, kind: 'accept_stripe' },
    ...{ reason: 'agreed by mail', by: 'grace' },
  });
  await life.to(end + DAY);
  expect(await renewal(life)).toMatchObject({ status: 'paid', total: 2915 + 5000 });
  expect(life.state().exceptions).toEqual([]);
});

test('a draft held over a weekend is compared less and less, and at once when it is mended', async () => {
  const { life, invoice, end } = await aDraftLetGo();
  const { id: item } = await addSetupFee(life, invoice);
  await life.to(end + HOUR);
  const first = comparisons(life);
  const others: number[] = [];
  for (const days of [1, 2, 3]) {
    await life.to(end + days * DAY);
    others.push(comparisons(life));
  }
  const [day, next, third] = others.map((count, at) => count - (others[at - 1] ?? first));
  expect([Number(day) <= 24, Number(next) <= 3, third]).toEqual([true, true, 1]);
  await on.stage.stripe.invoiceItems.update(item, { amount: 0 });
  await life.catchUp();
  expect(await renewal(life)).toMatchObject({ status: 'paid', total: 2915 });
});

test('a line nobody told of, and refusals in the last ten minutes: the draft is held all the same', async () => {
  const { life, invoice, end } = await aDraftLetGo();
  await addSetupFee(life, invoice);
  life.troubles.refusals.set('sumLedger', 403).set('holdInvoice', 403);
  await life.to(end + 65 * 60, 'never');
  expect(await renewal(life)).toMatchObject({ status: 'draft', auto_advance: false });
  await life.to(end + DAY);
  expect(differs(life)).toEqual([
    ['invoice_differs', invoice, expect.stringContaining('Setup fee')],
  ]);
});

test('a draft that can’t be looked at in its last ten minutes is held until it can', async () => {
  const { life, end } = await aDraftLetGo();
  life.troubles.outages.add('readInvoice');
  await life.to(end + 65 * 60, 'never');
  expect(await renewal(life)).toMatchObject({ status: 'draft', auto_advance: false });
  life.troubles.end();
  await life.to(end + DAY);
  expect(await renewal(life)).toMatchObject({ status: 'paid', total: 2915 });
  expect(life.state().exceptions).toEqual([]);
});

test('a draft held for five months and then mended is let go', async () => {
  const { life, invoice } = await aDraftLetGo();
  const { id: item } = await addSetupFee(life, invoice);
  await life.catchUp();
  for (let month = 1; month <= 5; month += 1) await life.renew();
  expect(await invoiceOf(life, invoice)).toMatchObject({ status: 'draft', total: 2915 + 5000 });
  await on.stage.stripe.invoiceItems.del(item);
  await life.catchUp();
  await life.to(life.now + DAY);
  expect(await invoiceOf(life, invoice)).toMatchObject({ status: 'paid', total: 2915 });
  expect(life.state()).toMatchObject({ exceptions: [] });
});

const invoiceOf = async (life: Life, invoice: string) =>
  (await life.invoices()).find(({ id }) => id === invoice);
