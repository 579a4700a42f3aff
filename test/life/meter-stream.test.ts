/**
 * Goal: through Stripe's meter event stream, whose answer says little, every invoice is what it is
 * by meter events, or held and named.
 */
import type Stripe from 'stripe';
import { createMeterCalls } from '../../src/stripe/meter-transport';
import type { Life } from './life';
import { aStream } from './meter-stream';
import { useStage } from './on-stage';

const on = useStage();
beforeEach(() => on.stage.clear());

const invoiced = async (life: Life) =>
  (await life.invoices()).reverse().map(({ status, total }) => [status, total]);
const named = (life: Life) => life.state().exceptions.map(({ kind, subject }) => [kind, subject]);

/** The first report arrives by a call whose answer is lost; all others go through the stream. */
function arrivingTwice() {
  const [byCall, byStream] = [createMeterCalls(on.stage.stripe), aStream(on.stage)];
  let isFirst = true;
  on.stage.sendReport = async (report, key) => {
    if (!isFirst) return byStream(report, key);
    isFirst = false;
    await byCall(report, key);
    throw new Error('The answer was lost.');
  };
}

test('three months are billed as by meter events', async () => {
  on.stage.sendReport = aStream(on.stage);
  const life = await on.aLife();
  for (const tokens of [150_000, 0, 1_100_000]) {
    await life.use(tokens);
    await life.renew();
  }
  expect(await invoiced(life)).toEqual([
    ['paid', 2900],
    ['paid', 2915],
    ['paid', 2900],
    ['paid', 3200],
  ]);
  expect(named(life)).toEqual([]);
});

test('a report that arrived by the other way before counts once', async () => {
  arrivingTwice();
  const life = await on.aLife();
  await life.use(150_000);
  await life.renew();
  expect((await invoiced(life)).at(-1)).toEqual(['paid', 2915]);
  expect(named(life)).toEqual([]);
});

test('if the stream knows no identifiers of meter events, the invoice is held and named', async () => {
  await on.stage.order('settings', { streamIdentifiers: 'own' });
  arrivingTwice();
  const life = await on.aLife();
  await life.use(150_000);
  await life.renew();
  const [draft] = (await life.invoices()) as [Stripe.Invoice];
  expect(draft).toMatchObject({ status: 'draft', total: 2930 });
  expect(named(life)).toEqual([['invoice_differs', draft.id]]);
});

test('what the stream took and did not count holds the invoice, whether it is told or not', async () => {
  const byStream = aStream(on.stage);
  // It names no meter of theirs, as if ours had been archived.
  on.stage.sendReport = (report, key) =>
    byStream({ ...report, meterEventName: 'nobody_counts_this' }, key);
  const life = await on.aLife();
  await life.use(150_000);
  await life.renew();
  const [draft] = (await life.invoices()) as [Stripe.Invoice];
  expect(draft).toMatchObject({ status: 'draft', total: 2900 });
  expect(named(life)).toEqual([['invoice_differs', draft.id]]);
});
