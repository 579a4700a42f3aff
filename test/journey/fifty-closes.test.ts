/**
 * Goal: fifty customers close on one night while Stripe refuses our key, first here (403), then
 * everywhere (401). No workflow fails, each draft waits, operators are told, and in the end all
 * fifty invoices are right and every cent of them is explained.
 */
import { eventually } from '../support/stack/eventually';
import { FiftyCustomers, noMoreFaults, orderFault } from '../support/stripe/fifty-customers';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';

const HOUR = 3_600;
const PATIENCE_MS = 180_000;

let product: Product;
let fifty: FiftyCustomers;
beforeAll(async () => {
  product = await startProduct({ LOG_LEVEL: 'silent' });
  fifty = await FiftyCustomers.subscribe(product);
}, 240_000);
afterAll(() => product.stop());

/** An operator is told of every customer's close, in these words, and of nothing else. */
const untilAllAreTold = (words: string) =>
  eventually(
    () => fifty.exceptions(),
    (open) => {
      const told = open.filter(({ message }) => message.includes(words));
      return new Set(told.map(({ customer }) => customer)).size === fifty.names.length;
    },
    PATIENCE_MS,
  );

async function retryAll(): Promise<void> {
  for (const { customer, kind, subject } of await fifty.exceptions())
    // Visibility lags, so it may have been closed meanwhile: then nothing is to be decided.
    await product.api.post(`/v1/customers/${customer}/exceptions/resolve`, {
      ...{ exception: kind, subject, resolution: 'retry', reason: 'the key is mended' },
    });
}

/** An operator has all that is open tried again, until nothing is. */
const untilAllIsMended = () =>
  eventually(
    async () => {
      await retryAll();
      return fifty.exceptions();
    },
    (open) => open.length === 0,
    PATIENCE_MS,
  );

test('refused while fifty drafts are closed, all fifty are right in the end', async () => {
  const month = await fifty.useMonth();
  await orderFault(product, { path: '/v1/billing/meters', status: 403, times: 'always' });
  await fifty.advance(month.end + 60);
  const forbidden = await untilAllAreTold('stripe_forbidden (HTTP 403');
  expect(new Set(forbidden.map(({ kind }) => kind))).toEqual(new Set(['stripe_refused']));

  // The key is revoked altogether, which an operator who has it tried again is told.
  await noMoreFaults(product);
  const path = '/v1/(invoices|subscriptions|invoiceitems|billing)(/.*)?';
  await orderFault(product, { path, status: 401, times: 'always' });
  await retryAll();
  const revoked = await untilAllAreTold('stripe_unauthenticated (HTTP 401');
  expect(new Set(revoked.map(({ kind }) => kind))).toEqual(new Set(['stripe_refused']));
  await fifty.advance(month.end + 2 * HOUR);
  expect(await fifty.failedRuns()).toBe(0);

  // It is mended, and an operator has everything tried again at once.
  await noMoreFaults(product);
  await untilAllIsMended();
  await fifty.expectAllRight(month);
  await untilAllIsMended();
}, 600_000);
