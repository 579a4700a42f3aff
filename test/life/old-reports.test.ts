/** Goal: a draft that is held for long can be put right still, though its usage is old by then. */
import type Stripe from 'stripe';
import { meterEventName } from '../../src/core/ids';
import { DAY } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';
import { rememberedOf } from './remembered';

const on = useStage();
beforeEach(() => on.stage.clear());

const latest = async (life: Life) => (await life.invoices())[0] as Stripe.Invoice;

test('usage of the first day, corrected 36 days later, is a report that Stripe takes', async () => {
  const life = await on.aLife();
  const { start, end } = await life.period();
  await life.use(150_000);
  await on.stage.stripe.billing.meterEvents.create({
    event_name: meterEventName('overage_standard'),
    payload: { stripe_customer_id: life.stripeCustomerId, value: '1000' },
    timestamp: start,
  });
  await life.to(end + 5 * DAY);
  const { id } = await latest(life);
  expect(life.state().exceptions).toMatchObject([{ kind: 'invoice_differs', subject: id }]);
  await life.ask('resolveException', {
    ...{ exception: 'invoice_differs', subject: id, kind: 'correct' },
    ...{ reason: 'somebody else had sent them', by: 'grace' },
  });
  await life.to(end + 6 * DAY);
  expect(life.state().exceptions).toEqual([]);
  expect(await latest(life)).toMatchObject({ id, status: 'paid', total: 2915 });
});

/** Tokens of each report that Stripe took, in order. */
const reports = ({ customer }: Life): number[] =>
  rememberedOf(customer)
    .entries.filter(({ kind }) => String(kind) === 'usage_reported')
    .map(({ detail }) => (detail as unknown as { tokens: number }).tokens);

test('a report of the period before that Stripe refuses holds up none of this period', async () => {
  const life = await on.aLife();
  const { end } = await life.period();
  await life.to(end - 60);
  life.troubles.refusals.set('reportUsage', 400);
  await life.use(150_000);
  await life.to(end + 1);
  await life.use(107_000);
  // Within the five minutes after which a refused report would be tried again.
  expect(reports(life)).toEqual([7_000, 50_000]);
  await life.to(end + DAY);
  expect(life.state().exceptions).toEqual([]);
  expect(await latest(life)).toMatchObject({ status: 'paid', total: 2915 });
});
