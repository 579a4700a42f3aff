/** Every rule of meters that a schema can't see, one a row. */
import type Stripe from 'stripe';
import { meterCalls } from '../../../support/sandbox/meter-calls';
import { assertRefused } from '../../../support/sandbox/rule';
import type { Rule } from '../../../support/sandbox/rule';
import { meterAndPrices, refusal, report, START, startStand } from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';

const DAY = 86_400;
const HOUR_MS = 3600_000;
let stand: Stand;
let stripe: Stripe;
let nowMs = START * 1000;
let meterId = '';

beforeAll(async () => {
  stand = await startStand({ now: () => nowMs });
  stripe = stand.stripe;
  meterId = (await meterAndPrices(stripe, { eventName: 'tokens' })).meter.id;
});
beforeEach(() => (nowMs = START * 1000));
afterAll(() => stand.close());

const { onClock, cancel, meterOf, summaries, total } = meterCalls(() => stripe);

const REFUSED: Rule[] = [
  {
    source: '§2 meter event (2026-04-22.dahlia)',
    rule: 'a value of 16 digits is refused',
    call: async () => report(stripe, 'tokens', await onClock(), '9999999999999999'),
    refused: { statusCode: 400, code: 'meter_event_value_too_many_digits' },
  },
  {
    source: '§2 meter event',
    rule: 'a negative fraction is refused',
    call: async () => report(stripe, 'tokens', await onClock(), '-0.5'),
    refused: { statusCode: 400, code: 'meter_event_invalid_value' },
  },
  {
    source: '§2 meter event',
    rule: 'scientific notation is no whole number',
    call: async () => report(stripe, 'tokens', await onClock(), '1e3'),
    refused: { statusCode: 400, code: 'meter_event_invalid_value' },
  },
  {
    source: '§2 meter event',
    rule: 'a value that is left out is refused',
    call: async () => {
      const payload = { stripe_customer_id: await onClock() };
      await stripe.billing.meterEvents.create({ event_name: 'tokens', payload });
    },
    refused: { statusCode: 400, code: 'meter_event_invalid_value', param: 'payload[value]' },
  },
  {
    source: 'OpenAPI description, identifier maxLength',
    rule: 'an identifier has at most 100 characters',
    call: async () => report(stripe, 'tokens', await onClock(), 1, { identifier: 'x'.repeat(101) }),
    refused: { statusCode: 400, param: 'identifier' },
  },
  {
    source: '§2 objects',
    rule: 'an event without a meter is refused',
    call: async () => report(stripe, 'nobody_counts', await onClock(), 1),
    refused: { statusCode: 400, code: 'no_meter', param: 'event_name' },
  },
  {
    source: '§2 objects',
    rule: 'a meter keeps its event name',
    call: () => {
      const change = { event_name: 'other' } as Stripe.Billing.MeterUpdateParams;
      return stripe.billing.meters.update(meterId, change);
    },
    refused: { statusCode: 400, code: 'parameter_unknown', param: 'event_name' },
  },
  {
    source: '§2 objects',
    rule: 'a meter is deactivated once',
    call: async () => {
      const { id } = await meterOf({});
      await stripe.billing.meters.deactivate(id);
      await stripe.billing.meters.deactivate(id);
    },
    refused: { statusCode: 400, message: /already inactive/ },
  },
  {
    source: '§2 adjustments',
    rule: 'an event that never came can’t be canceled',
    call: () => cancel('never'),
    refused: { statusCode: 400, param: 'cancel[identifier]' },
  },
  {
    source: '§2 adjustments',
    rule: 'an event of another meter can’t be canceled',
    call: async () => {
      const { event_name: eventName } = await meterOf({});
      await report(stripe, eventName, await onClock(), 1, { identifier: 'elsewhere' });
      await cancel('elsewhere');
    },
    refused: { statusCode: 400, param: 'cancel[identifier]' },
  },
  {
    source: '§2 adjustments',
    rule: 'after 24 hours an event can’t be canceled',
    call: async () => {
      await report(stripe, 'tokens', await onClock(), 1, { identifier: 'old' });
      nowMs += 25 * HOUR_MS;
      await cancel('old');
    },
    refused: { statusCode: 400, param: 'cancel[identifier]' },
  },
  {
    source: '§2 adjustments',
    rule: 'an event is canceled once',
    call: async () => {
      await report(stripe, 'tokens', await onClock(), 1, { identifier: 'twice' });
      await cancel('twice');
      await cancel('twice');
    },
    refused: { statusCode: 400, message: /already canceled/ },
  },
  {
    source: '§2 summaries',
    rule: 'daily summaries begin and end on a day (UTC)',
    call: async () => summaries(meterId, await onClock(), { value_grouping_window: 'day' }),
    refused: { statusCode: 400, param: 'start_time' },
  },
  {
    source: '§2 summaries',
    rule: 'a summary ends after it starts',
    call: async () => summaries(meterId, await onClock(), { end_time: START - 2 * DAY }),
    refused: { statusCode: 400, param: 'end_time' },
  },
  {
    source: '§2 summaries',
    rule: 'a summary is of a customer that exists',
    call: () => summaries(meterId, 'cus_none'),
    refused: { statusCode: 400, code: 'resource_missing', param: 'customer' },
  },
];

test.each(REFUSED)('$rule ($source)', assertRefused);

test.each([
  ['15 digits', '999999999999999'],
  ['15 digits after leading zeros', '00999999999999999'],
  ['15 digits below nothing', '-999999999999999'],
  ['nothing', '0'],
])('a value of %s is taken (§2 meter event)', async (_case, value) => {
  const customer = await onClock();
  await report(stripe, 'tokens', customer, value);
  expect(await total(meterId, customer)).toBe(Number(value));
});

test.each([
  ['35 days behind', -35 * DAY],
  ['5 minutes ahead', 300],
])('usage exactly %s of the customer’s clock is taken (§2 timestamp)', async (_case, offset) => {
  const customer = await onClock();
  const { timestamp } = await report(stripe, 'tokens', customer, 1, { timestamp: START + offset });
  expect(timestamp).toBe(START + offset);
});

test.each([
  [23, false],
  [25, true],
])('an identifier after %d hours is free: %s (§2 identifier)', async (hours, isFree) => {
  const customer = await onClock();
  const identifier = `after_${hours}`;
  await report(stripe, 'tokens', customer, 1, { identifier });
  nowMs += hours * HOUR_MS;
  await stand.control('POST', 'tick');
  const again = report(stripe, 'tokens', customer, 1, { identifier });
  if (isFree) expect((await again).identifier).toBe(identifier);
  else expect((await refusal(again)).message).toMatch(/already exists/);
});
