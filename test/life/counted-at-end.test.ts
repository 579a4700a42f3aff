/**
 * Goal: a draft may show the usage it was made with until Stripe finalizes it; all usage is billed
 * once all the same, nothing that differs is collected, and what is right is.
 */
import type Stripe from 'stripe';
import { DAY } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';

const on = useStage();
beforeEach(() => on.stage.clear());

const MINUTE = 60;

const renewal = async (life: Life): Promise<Stripe.Invoice> =>
  (await life.invoices()).find(
    ({ billing_reason: reason }) => reason === 'subscription_cycle',
  ) as Stripe.Invoice;

const addSetupFee = (life: Life, invoice: string) =>
  on.stage.stripe.invoiceItems.create({
    ...{ customer: life.stripeCustomerId, invoice, currency: 'usd', amount: 5_000 },
    description: 'Setup fee',
  });

/** 50,000 tokens are over as Stripe makes the draft, and 20,000 more are reported to it later. */
async function usageAfterItsDraft(): Promise<{ life: Life; end: number }> {
  await on.stage.order('settings', { draftUsage: 'at_finalization' });
  const life = await on.aLife();
  await life.use(150_000);
  const { end } = await life.period();
  await life.to(end - 10);
  life.troubles.refusals.set('reportUsage', 503);
  await life.use(20_000);
  await life.to(end + 20 * MINUTE);
  expect((await renewal(life)).lines.data.map(({ quantity }) => quantity)).toEqual([1, 0, 50_000]);
  return { life, end };
}

const resolve = (life: Life, exception: string, subject: string, kind: string) =>
  life.ask('resolveException', {
    ...{ exception, subject, kind },
    ...{ reason: 'looked at', by: 'grace' },
  });

test('usage that its draft never shows is billed in its hour, and nobody is called', async () => {
  const { life, end } = await usageAfterItsDraft();
  await life.to(end + 55 * MINUTE);
  expect(await renewal(life)).toMatchObject({ status: 'draft', auto_advance: false });
  expect(life.state().exceptions).toEqual([]);
  await life.to(end + DAY);
  expect(await renewal(life)).toMatchObject({ status: 'paid', total: 2921, metadata: {} });
  expect(life.state()).toMatchObject({ exceptions: [], archived: [{ phase: 'paid' }] });
});

test('a line that nothing explains holds such a draft as any other', async () => {
  const { life, end } = await usageAfterItsDraft();
  const { id } = await renewal(life);
  await addSetupFee(life, id);
  await life.catchUp();
  await life.to(end + DAY);
  expect(await renewal(life)).toMatchObject({ status: 'draft', total: 2915 + 5000 });
  expect(life.state().exceptions).toMatchObject([{ kind: 'invoice_differs', subject: id }]);
});

/** The renewal is held for a line that nothing explains, and finalized by hand all the same. */
async function finalizedByHand(isMended: boolean): Promise<{ life: Life; id: string }> {
  const life = await on.aLife();
  await life.use(150_000);
  const { end } = await life.period();
  await life.to(end + MINUTE);
  const { id } = await renewal(life);
  const { id: item } = await addSetupFee(life, id);
  await life.catchUp();
  if (isMended) await on.stage.stripe.invoiceItems.del(item);
  await on.stage.stripe.invoices.finalizeInvoice(id);
  await life.to(end + 3 * DAY);
  return { life, id };
}

test('a held draft that somebody finalizes, and that is right, is collected', async () => {
  const { life } = await finalizedByHand(true);
  expect(await renewal(life)).toMatchObject({ status: 'paid', total: 2915, metadata: {} });
  expect(life.state()).toMatchObject({ exceptions: [], archived: [{ phase: 'paid' }] });
});

test('one that is not right is collected once somebody has decided', async () => {
  const { life, id } = await finalizedByHand(false);
  expect(await renewal(life)).toMatchObject({ status: 'open', attempt_count: 0, total: 7915 });
  expect(life.state().exceptions).toMatchObject([{ kind: 'invoice_differs', subject: id }]);
  await resolve(life, 'invoice_differs', id, 'accept_stripe');
  await life.catchUp();
  expect(await renewal(life)).toMatchObject({ status: 'paid', total: 7915, metadata: {} });
  expect(life.state().exceptions).toEqual([]);
});

test('its card is declined: dunning follows, as of any other', async () => {
  await on.stage.order('settings', { draftUsage: 'at_finalization' });
  const { life, end } = await usageAfterItsDraft();
  await life.changeCard('pm_card_chargeCustomerFail');
  await life.to(end + 3 * 60 * MINUTE);
  expect(await renewal(life)).toMatchObject({ status: 'open', attempt_count: 1, total: 2921 });
  expect(life.state().dunning).toMatchObject([{ invoiceId: (await renewal(life)).id }]);
});

test('a final invoice that somebody keeps from being collected is told, and can be', async () => {
  const life = await on.aLife();
  await life.use(150_000);
  const { end } = await life.period();
  await life.to(end + MINUTE);
  const { id } = await renewal(life);
  await on.stage.stripe.invoices.finalizeInvoice(id, { auto_advance: false });
  await life.to(end + DAY);
  expect(life.state().exceptions).toMatchObject([{ kind: 'invoice_not_advancing', subject: id }]);
  expect(life.state().exceptions[0]?.message).toContain('nobody collects it');
  await resolve(life, 'invoice_not_advancing', id, 'retry');
  await life.catchUp();
  expect(await renewal(life)).toMatchObject({ status: 'paid', total: 2915 });
  expect(life.state().exceptions).toEqual([]);
});

test('what is accepted of such a draft is settled as it is counted, too', async () => {
  const { life, end } = await usageAfterItsDraft();
  const { id } = await renewal(life);
  await addSetupFee(life, id);
  await life.catchUp();
  await life.to(end + 40 * MINUTE);
  await resolve(life, 'invoice_differs', id, 'accept_stripe');
  await life.to(end + DAY);
  expect(await renewal(life)).toMatchObject({ status: 'paid', total: 2921 + 5000, metadata: {} });
  expect(life.state()).toMatchObject({ exceptions: [], archived: [{ phase: 'paid' }] });
});
