/** Usage that Stripe can't count is answered with 200 and reported later, thinly and signed. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type Stripe from 'stripe';
import {
  customerOnClock,
  meterAndPrices,
  refusal,
  report,
  startStand,
  START,
  until,
} from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';

type Report = Stripe.Events.V1BillingMeterErrorReportTriggeredEvent;

let stand: Stand;
let stripe: Stripe;
let nowMs = START * 1000;
let close: () => Promise<void>;
let secret = '';
let destination = '';
const received: Stripe.V2.Core.EventNotification[] = [];

beforeEach(async () => {
  nowMs = START * 1000;
  received.length = 0;
  stand = await startStand({ now: () => nowMs, meterErrorDelayMs: 60_000 });
  stripe = stand.stripe;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const signature = String(request.headers['stripe-signature']);
      const options = [undefined, undefined, Math.floor(nowMs)] as const;
      received.push(stripe.parseEventNotification(body, signature, secret, ...options));
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () => new Promise((resolve) => server.close(() => resolve()));
  const { port } = server.address() as AddressInfo;
  const created = await stripe.v2.core.eventDestinations.create({
    name: 'meter errors',
    type: 'webhook_endpoint',
    event_payload: 'thin',
    enabled_events: ['v1.billing.meter.error_report_triggered', 'v1.billing.meter.no_meter_found'],
    webhook_endpoint: { url: `http://127.0.0.1:${port}/thin` },
    include: ['webhook_endpoint.signing_secret', 'webhook_endpoint.url'],
  });
  secret = String(created.webhook_endpoint?.signing_secret);
  destination = created.id;
});
afterEach(async () => {
  await close();
  await stand.close();
});

async function reportsAfter(ms: number): Promise<void> {
  nowMs += ms;
  await stand.control('POST', 'tick');
}

test('usage of unknown customers is reported once per meter, with samples', async () => {
  const { meter } = await meterAndPrices(stripe, { eventName: 'tokens' });
  for (const number of [1, 2, 3])
    await report(stripe, 'tokens', `cus_none${number}`, 1, { identifier: `lost:${number}` });
  await reportsAfter(59_000);
  expect(received).toEqual([]);
  await reportsAfter(1_000);
  await until('the report', () => received.length === 1);
  const [notification] =
    received as Stripe.Events.V1BillingMeterErrorReportTriggeredEventNotification[];
  expect(notification).toMatchObject({
    object: 'v2.core.event',
    type: 'v1.billing.meter.error_report_triggered',
    related_object: { id: meter.id, type: 'billing.meter' },
  });
  expect(notification).not.toHaveProperty('data');
  const { data } = (await notification?.fetchEvent()) as Report;
  expect(data).toMatchObject({
    validation_start: '2026-01-15T12:00:00.000Z',
    reason: {
      error_count: 3,
      error_types: [
        {
          code: 'meter_event_customer_not_found',
          error_count: 3,
          sample_errors: [1, 2, 3].map((number) => ({
            error_message: `No customer was found for cus_none${number}.`,
            request: { identifier: `lost:${number}` },
          })),
        },
      ],
    },
  });
  expect((await notification?.fetchRelatedObject())?.id).toBe(meter.id);
  await reportsAfter(120_000);
  expect((await stripe.v2.core.events.list({ object_id: meter.id })).data).toHaveLength(1);
});

test('when told to find out later, archived and unknown meters are reported, too', async () => {
  const { meter } = await meterAndPrices(stripe, { eventName: 'archived' });
  const { customer } = await customerOnClock(stripe);
  await stripe.billing.meters.deactivate(meter.id);
  await stand.control('POST', 'lag', { validation: 'later' });
  await report(stripe, 'archived', customer.id, 1);
  await report(stripe, 'nobody', customer.id, 1, { identifier: 'nowhere' });
  await reportsAfter(60_000);
  await until('both reports', () => received.length === 2);
  expect(received.map(({ type }) => type).sort()).toEqual([
    'v1.billing.meter.error_report_triggered',
    'v1.billing.meter.no_meter_found',
  ]);
  const { data } = await stripe.v2.core.events.list();
  const codes = (data as Report[]).map((one) => one.data.reason.error_types[0]?.code);
  expect(codes.sort()).toEqual(['archived_meter', 'no_meter']);
});

test('a destination can be pinged, silenced, changed and deleted', async () => {
  const { eventDestinations } = stripe.v2.core;
  await eventDestinations.ping(destination);
  await until('the ping', () => received.length === 1);
  expect(received[0]?.type).toBe('v2.core.event_destination.ping');
  const silent = await eventDestinations.disable(destination);
  expect(silent).toMatchObject({
    status: 'disabled',
    status_details: { disabled: { reason: 'user' } },
  });
  await report(stripe, (await meterAndPrices(stripe, { eventName: 't' })).meter.event_name, 'x', 1);
  await reportsAfter(60_000);
  expect(await stand.deliveries()).toHaveLength(1);
  expect(await eventDestinations.update(destination, { name: 'renamed' })).toMatchObject({
    name: 'renamed',
    webhook_endpoint: {},
  });
  expect((await eventDestinations.list()).data.map(({ id }) => id)).toEqual([destination]);
  await eventDestinations.del(destination);
  expect((await refusal(eventDestinations.retrieve(destination))).statusCode).toBe(404);
});

test.each([
  ['event_payload', { event_payload: 'snapshot' as const }],
  ['type', { type: 'amazon_eventbridge' as const }],
  ['enabled_events[0]', { enabled_events: ['v1.customer.created'] }],
])('what the sandbox does not do is refused: %s', async (param, terms) => {
  const creation = stripe.v2.core.eventDestinations.create({
    name: 'x',
    type: 'webhook_endpoint',
    event_payload: 'thin',
    enabled_events: ['v1.billing.meter.no_meter_found'],
    webhook_endpoint: { url: 'http://127.0.0.1:1/' },
    ...terms,
  });
  expect((await refusal(creation)).param).toBe(param);
});
