/** Goal: an invoice that left wrong is put right to the cent, by the next one or by hand. */
import type Stripe from 'stripe';
import type { Decision } from '../../src/core/state/exceptions';
import { linesOf } from './at-stripe';
import { DAY, HOUR } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';

const on = useStage();
beforeEach(() => on.stage.clear());

const renewals = async (life: Life): Promise<Stripe.Invoice[]> =>
  (await life.invoices()).filter((one) => one.billing_reason === 'subscription_cycle').reverse();

const decide = (life: Life, exception: Decision['exception'], kind: Decision['kind']) => {
  const subject = life.state().exceptions.find((one) => one.kind === exception)?.subject;
  return life.ask('resolveException', {
    ...{ exception, subject, kind, reason: 'looked at', by: 'grace' },
  });
};

/** January's invoice with a fee of $50 that nobody agreed to, put there after it was compared. */
async function leftWithAFee(plan: string): Promise<{ life: Life; invoice: Stripe.Invoice }> {
  const life = await on.aLife({ plan });
  await life.use(150_000);
  const { end } = await life.period();
  await life.to(end);
  await life.catchUp();
  const [draft] = (await renewals(life)) as [Stripe.Invoice];
  await on.stage.stripe.invoiceItems.create({
    ...{ customer: life.stripeCustomerId, invoice: draft.id, currency: 'usd', amount: 5_000 },
    description: 'Setup fee',
  });
  // Before anybody has looked again.
  await on.stage.stripe.invoices.finalizeInvoice(draft.id, { auto_advance: true });
  await life.to(end + 2 * HOUR);
  const [invoice] = (await renewals(life)) as [Stripe.Invoice];
  expect(invoice.status).toBe('paid');
  expect(life.state().exceptions).toMatchObject([{ kind: 'invoice_differs', subject: draft.id }]);
  return { life, invoice };
}

test.each([
  ['starter', 2900 + 15],
  ['pay_as_you_go', 30],
])('a fee on a final invoice of %s is credited by the next, corrected', async (plan, cents) => {
  const { life, invoice } = await leftWithAFee(plan);
  expect(invoice.total).toBe(cents + 5_000);
  await decide(life, 'invoice_differs', 'correct');
  await life.to(life.now + DAY);
  await life.renew();
  const [, february] = (await renewals(life)) as [Stripe.Invoice, Stripe.Invoice];
  expect(linesOf(february)).toContainEqual([
    `Correction of 2026-01-01 to 2026-02-01 (plan ${plan})`,
    -5_000,
  ]);
  await life.renew();
  const all = await life.invoices();
  expect(all.flatMap(linesOf).filter(([, amount]) => amount === -5_000)).toHaveLength(1);
  expect(life.state().exceptions).toEqual([]);
});

test('where the subscription has ended it is told what to credit by hand, until somebody did', async () => {
  const { life } = await leftWithAFee('starter');
  await life.change({ action: 'cancel', when: 'now' });
  await life.catchUp();
  await decide(life, 'invoice_differs', 'correct');
  await life.to(life.now + DAY);
  const [exception] = life.state().exceptions;
  expect(exception).toMatchObject({ kind: 'correction_uninvoiced' });
  expect(exception?.message).toContain('5000 cents are to be credited by hand');
  await decide(life, 'correction_uninvoiced', 'accept_stripe');
  await life.to(life.now + DAY);
  expect(life.state().exceptions).toEqual([]);
});
