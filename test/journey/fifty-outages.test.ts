/**
 * Goal: Stripe itself fails while fifty customers close, by cut connections or by answers of 503,
 * until each close has met it. No draft leaves meanwhile, nobody has to be told what to do, and in
 * the end all fifty invoices are right and every cent of them is explained.
 *
 * It lasts until all have met it, not 22 hours: those are played in memory by
 * test/life/outage.test.ts, and with Temporal's own timeouts by test/workflows/hanging.test.ts.
 */
import type Stripe from 'stripe';
import { eventually } from '../support/stack/eventually';
import { FiftyCustomers, noMoreFaults, orderFault } from '../support/stripe/fifty-customers';
import type { Month } from '../support/stripe/fifty-customers';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';

jest.setTimeout(600_000);

const HOUR = 3_600;
const PATIENCE_MS = 180_000;
const METERS = '/v1/billing/.*';
const INVOICES = '/v1/(invoices|subscriptions|invoiceitems)(/.*)?';

let product: Product;
let fifty: FiftyCustomers;
beforeAll(async () => {
  // Stripe waits for 72 hours until its news of a draft is taken; this one, as long as we like.
  product = await startProduct({ LOG_LEVEL: 'silent' }, { deliveryWaitMs: 3_600_000 });
  fifty = await FiftyCustomers.subscribe(product);
}, 240_000);
afterAll(() => product.stop());

/** By Stripe's own record, for its invoices can't be read. */
async function leftMeanwhile({ end }: Month): Promise<string[]> {
  const { data } = await product.stripe.events.list({ type: 'invoice.finalized', limit: 100 });
  return data
    .map((event) => event.data.object as Stripe.Invoice)
    .filter(({ created }) => created >= end)
    .map(({ id }) => id);
}

/** Each customer uses something in the last minute of the month, of which Stripe can't be told. */
async function useWithin(month: Month, failure: string): Promise<void> {
  await fifty.use(month, month.end - 60);
  await fifty.untilEachHasMet(failure, 'reportUsage');
}

async function untilAllIsRight(month: Month): Promise<void> {
  await noMoreFaults(product);
  await fifty.expectAllRight(month);
  // By itself: nobody has decided anything.
  await eventually(
    () => fifty.exceptions(),
    (open) => open.length === 0,
    PATIENCE_MS,
  );
}

test('cut off once fifty drafts are held, all of them stay, and are right in the end', async () => {
  const month = await fifty.useMonth();
  // Its meters fail first: each close begins, with its draft held, and none gets through.
  await orderFault(product, { path: METERS, mode: 'cut_before', times: 'always' });
  await fifty.advance(month.end + 60);
  await fifty.untilEachHasMet('stripe_unreachable', 'sumMeters');
  const drafts = await fifty.renewals(month);
  expect(drafts.map(({ auto_advance: leaves }) => leaves)).toEqual(fifty.names.map(() => false));
  await orderFault(product, { path: INVOICES, mode: 'cut_before', times: 'always' });
  await useWithin(month, 'stripe_unreachable');
  // Their hour passes, and none is let go by its clock.
  await fifty.advance(month.end + 2 * HOUR);
  expect(await leftMeanwhile(month)).toEqual([]);
  await untilAllIsRight(month);
});

test('down before fifty drafts can be held, Stripe waits for us, and all are right in the end', async () => {
  const month = await fifty.useMonth();
  for (const path of [METERS, INVOICES])
    await orderFault(product, { path, status: 503, times: 'always' });
  await fifty.advance(month.end + 60);
  // Whichever news of the renewal came first.
  await fifty.untilEachHasMet('stripe_server_error', 'readInvoice', 'readSubscription');
  // What can't be held is not acknowledged, so no clock gets past the hour.
  await fifty.beginAdvance(month.end + 2 * HOUR);
  await useWithin(month, 'stripe_server_error');
  const clocks = await fifty.clocksAtStripe();
  expect(clocks.map(({ status }) => status)).toEqual(fifty.names.map(() => 'advancing'));
  expect(await leftMeanwhile(month)).toEqual([]);
  await untilAllIsRight(month);
});
