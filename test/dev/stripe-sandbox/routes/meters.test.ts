/** The rules for meters and meter events that a schema can't see, one a row. */
import type Stripe from 'stripe';
import { assertRefused } from '../../../support/sandbox/rule';
import type { Rule } from '../../../support/sandbox/rule';
import {
  advance,
  customerOnClock,
  meterAndPrices,
  refusal,
  report,
  START,
  startStand,
} from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';

const DAY = 86_400;
let stand: Stand;
let stripe: Stripe;
let nowMs = START * 1000;
let meterId = '';

beforeAll(async () => {
  stand = await startStand({ now: () => nowMs });
  stripe = stand.stripe;
  meterId = (await meterAndPrices(stripe, { eventName: 'tokens' })).meter.id;
});
afterAll(() => stand.close());

const onClock = async () => (await customerOnClock(stripe)).customer.id;

const RULES: Rule[] = [
  {
    source: '§2 objects',
    rule: 'one event name is one meter',
    call: () => meterAndPrices(stripe, { eventName: 'tokens' }),
    refused: { statusCode: 400, param: 'event_name' },
  },
  {
    source: '§2 meter event',
    rule: 'values are whole numbers',
    call: async () => report(stripe, 'tokens', await onClock(), '1.5'),
    refused: { statusCode: 400, code: 'meter_event_invalid_value' },
  },
  {
    source: '§2 meter event',
    rule: 'a value that is no number is refused',
    call: async () => report(stripe, 'tokens', await onClock(), 'abc'),
    refused: { statusCode: 400, code: 'meter_event_invalid_value' },
  },
  {
    source: '§2 meter event (2026-04-22.dahlia)',
    rule: 'values have at most 15 digits',
    call: async () => report(stripe, 'tokens', await onClock(), '1234567890123456'),
    refused: { statusCode: 400, code: 'meter_event_value_too_many_digits' },
  },
  {
    source: '§2 meter event',
    rule: 'a meter event names a customer',
    call: () =>
      stripe.billing.meterEvents.create({ event_name: 'tokens', payload: { value: '1' } }),
    refused: { statusCode: 400, code: 'meter_event_no_customer_defined' },
  },
  {
    source: '§2 timestamp, §5 clocked customers',
    rule: 'usage is at most 5 minutes ahead of the customer’s clock',
    call: async () => report(stripe, 'tokens', await onClock(), 1, { timestamp: START + 301 }),
    refused: { statusCode: 400, code: 'timestamp_in_future' },
  },
  {
    source: '§2 timestamp, §5 clocked customers',
    rule: 'usage is at most 35 days behind the customer’s clock',
    call: async () =>
      report(stripe, 'tokens', await onClock(), 1, { timestamp: START - 35 * DAY - 1 }),
    refused: { statusCode: 400, code: 'timestamp_too_far_in_past' },
  },
  {
    source: '§2 objects',
    rule: 'a deactivated meter takes no events',
    call: async () => {
      const eventName = 'archived';
      const { meter } = await meterAndPrices(stripe, { eventName });
      await stripe.billing.meters.deactivate(meter.id);
      await report(stripe, eventName, await onClock(), 1);
    },
    refused: { statusCode: 400, code: 'archived_meter' },
  },
  {
    source: '§2 identifier',
    rule: 'an identifier is taken once in 24 hours',
    call: async () => {
      const customer = await onClock();
      await report(stripe, 'tokens', customer, 1, { identifier: 'once' });
      await report(stripe, 'tokens', customer, 1, { identifier: 'once' });
    },
    refused: { statusCode: 400, message: /An event already exists with identifier once/ },
  },
  {
    source: '§2 limits',
    rule: 'meter events are taken one at a time per customer and meter',
    call: async () => {
      const customer = await onClock();
      await Promise.all([1, 2, 3, 4].map((value) => report(stripe, 'tokens', customer, value)));
    },
    refused: { statusCode: 429, code: 'lock_timeout' },
  },
  {
    source: '§2 summaries',
    rule: 'summaries begin and end on a minute',
    call: async () =>
      stripe.billing.meters.listEventSummaries(meterId, {
        customer: await onClock(),
        start_time: START + 1,
        end_time: START + 60,
      }),
    refused: { statusCode: 400, param: 'start_time' },
  },
  {
    source: '§2 summaries',
    rule: 'hourly summaries begin and end on an hour',
    call: async () =>
      stripe.billing.meters.listEventSummaries(meterId, {
        customer: await onClock(),
        start_time: START,
        end_time: START + 60,
        value_grouping_window: 'hour',
      }),
    refused: { statusCode: 400, param: 'end_time' },
  },
];

test.each(RULES)('$rule ($source)', assertRefused);

test('an identifier is refused at 23 hours and free again at 25 (§2 identifier)', async () => {
  const customer = await onClock();
  const identifier = 'rolling';
  const sentAt = nowMs;
  await report(stripe, 'tokens', customer, 1, { identifier });
  nowMs = sentAt + 23 * 3600_000;
  expect((await refusal(report(stripe, 'tokens', customer, 1, { identifier }))).statusCode).toBe(
    400,
  );
  nowMs = sentAt + 25 * 3600_000;
  await report(stripe, 'tokens', customer, 1, { identifier });
});

test('negative usage corrects, and a negative month is billed as nothing (§2)', async () => {
  const { clock, customer } = await customerOnClock(stripe);
  const { meter, items } = await meterAndPrices(stripe, {
    eventName: 'corrected',
    centsPerToken: '1',
  });
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items });
  await report(stripe, 'corrected', customer.id, 10);
  await report(stripe, 'corrected', customer.id, -25);
  const { data } = await stripe.billing.meters.listEventSummaries(meter.id, {
    customer: customer.id,
    start_time: START,
    end_time: START + 3600,
  });
  expect(data[0]?.aggregated_value).toBe(-15);
  await advance(stripe, clock.id, Date.UTC(2026, 1, 15, 12) / 1000);
  const invoices = await stripe.invoices.list({ subscription: id });
  expect(invoices.data[0]?.lines.data[0]).toMatchObject({ quantity: 0, amount: 0 });
});
