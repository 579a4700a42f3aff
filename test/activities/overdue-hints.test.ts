/** Goal: who waits for something of Stripe's is hinted to look, and nobody else is. */
import { useLostEvents } from '../support/stripe/lost-events';
import { json, refusal } from '../support/stripe/scripted-stripe';

const NOW = 1_767_225_600;
const HOUR = 3600;
const DAY = 24 * HOUR;

const reconciler = useLostEvents();
const queries = () =>
  reconciler.stripe.requests.map(({ url }) =>
    Object.fromEntries(new URL(String(url), 'http://x').searchParams),
  );

interface Row {
  readonly status?: string;
  readonly periodEnd?: number;
  readonly testClock?: string;
  readonly subscription?: string | null;
}

async function addCustomer(customer: string, row: Row = {}): Promise<void> {
  const { status = 'active', periodEnd = NOW + 10 * DAY, testClock = null } = row;
  const subscription = row.subscription === undefined ? `sub_${customer}` : row.subscription;
  await reconciler.pool.query(
    `insert into customers (customer, email, plan, subscription_id, billing_status, period_end,
                            test_clock)
     values ($1, 'a@b.c', 'pro', $2, $3, to_timestamp($4), $5)`,
    [customer, subscription, status, periodEnd, testClock],
  );
}

async function addPeriod(customer: string, phase: string, updatedAt: number, end = NOW) {
  await reconciler.pool.query(
    `insert into billing_periods (customer, period_start, period_end, plan, terms, status,
                                  invoice_id, statement, updated_at, archived_at)
     values ($1, to_timestamp($2::float8 - 86400), to_timestamp($2), 'pro', '{}', $3, $4, '{}',
             to_timestamp($5), case when $3 = 'paid' then now() end)`,
    [customer, end, phase, phase === 'open' ? null : `in_${customer}_${phase}`, updatedAt],
  );
}

const hint = () => reconciler.hint({ runAt: NOW, after: null });
const invoices = (...ids: string[]) =>
  json(200, { object: 'list', has_more: false, data: ids.map((id) => ({ id })) });

test('an overdue customer is hinted at its subscription, the period’s invoice and the latest ones', async () => {
  await addCustomer('ada', { periodEnd: NOW - 4 * HOUR });
  await addPeriod('ada', 'closing', NOW - 2 * DAY);
  reconciler.stripe.answer = invoices('in_3', 'in_2', 'in_ada_closing');
  expect(await hint()).toEqual({ hinted: ['ada'], unlisted: [], next: null });
  expect(queries()).toEqual([{ subscription: 'sub_ada', limit: '3' }]);
  const told = (type: string, objectId: string) => [
    'ada',
    { id: `reconciliation:${NOW}:${objectId}`, type, objectId, created: NOW },
  ];
  expect(reconciler.signals).toEqual([
    told('customer.subscription.updated', 'sub_ada'),
    told('invoice.updated', 'in_ada_closing'),
    told('invoice.updated', 'in_2'),
    told('invoice.updated', 'in_3'),
  ]);
});

test('overdue is whose period is over for hours, or whose closing was silent for a day', async () => {
  await addCustomer('1-renewal-missing', { periodEnd: NOW - 4 * HOUR });
  await addCustomer('2-renewal-just-due', { periodEnd: NOW - 2 * HOUR });
  await addCustomer('3-ended', { status: 'ended', periodEnd: NOW - 40 * DAY });
  await addCustomer('4-no-subscription', { periodEnd: NOW - 40 * DAY, subscription: null });
  for (const [at, phase] of ['closing', 'reconciled', 'finalized'].entries()) {
    await addCustomer(`5-${at}-silent-${phase}`);
    await addPeriod(`5-${at}-silent-${phase}`, phase, NOW - 2 * DAY);
    await addCustomer(`6-${at}-lately-${phase}`);
    await addPeriod(`6-${at}-lately-${phase}`, phase, NOW - HOUR);
  }
  await addCustomer('7-idle-and-healthy');
  await addPeriod('7-idle-and-healthy', 'open', NOW - 20 * DAY, NOW + 10 * DAY);
  await addPeriod('7-idle-and-healthy', 'paid', NOW - 20 * DAY, NOW - 20 * DAY);
  await addCustomer('8-ended-unpaid', { status: 'ended' });
  await addPeriod('8-ended-unpaid', 'finalized', NOW - 2 * DAY);
  reconciler.stripe.answer = invoices();
  expect((await hint()).hinted).toEqual([
    '1-renewal-missing',
    '5-0-silent-closing',
    '5-1-silent-reconciled',
    '5-2-silent-finalized',
    '8-ended-unpaid',
  ]);
});

test('customers of a test clock are judged by it; once it is gone they wait for nothing', async () => {
  const far = NOW + 300 * DAY;
  for (const clock of ['gone', 'there']) {
    await addCustomer(`on-time-${clock}`, { testClock: clock, periodEnd: far + HOUR });
    await addCustomer(`overdue-${clock}`, { testClock: clock, periodEnd: far - 4 * HOUR });
    await addCustomer(`unpaid-${clock}`, { testClock: clock, periodEnd: far + HOUR });
    await addPeriod(`unpaid-${clock}`, 'finalized', NOW, far - 2 * DAY);
  }
  reconciler.stripe.answer = (request, response) => {
    const url = String(request.url);
    if (url.includes('/gone'))
      return refusal(404, 'invalid_request_error', { code: 'resource_missing' })(request, response);
    const clock = { object: 'test_helpers.test_clock', frozen_time: far };
    return (url.includes('/there') ? json(200, clock) : invoices())(request, response);
  };
  expect((await hint()).hinted).toEqual(['overdue-there', 'unpaid-there']);
});

test('a customer whose invoices Stripe refuses to list is hinted all the same, as are all others', async () => {
  await addCustomer('ada', { periodEnd: NOW - DAY });
  await addCustomer('bo', { periodEnd: NOW - DAY });
  reconciler.stripe.answer = (request, response) =>
    (String(request.url).includes('sub_ada')
      ? refusal(400, 'invalid_request_error', { code: 'resource_missing' })
      : invoices('in_1'))(request, response);
  const { hinted, unlisted } = await hint();
  expect(hinted).toEqual(['ada', 'bo']);
  expect(unlisted).toEqual([
    { customer: 'ada', reason: expect.stringMatching(/^Stripe: .*HTTP 400/) as string },
  ]);
  expect(reconciler.signals.map(([customer, { objectId }]) => [customer, objectId])).toEqual([
    ['ada', 'sub_ada'],
    ['bo', 'sub_bo'],
    ['bo', 'in_1'],
  ]);
});

test('customers are hinted in parts of a hundred, and on from the last heartbeat', async () => {
  const name = (number: number) => `c${String(number).padStart(3, '0')}`;
  for (let number = 0; number < 130; number += 1)
    await addCustomer(name(number), { periodEnd: NOW - DAY });
  reconciler.stripe.answer = invoices();
  const before = { hinted: [name(9)], unlisted: [], next: name(9) };
  const first = await reconciler.hint({ runAt: NOW, after: null }, { before });
  expect(first.hinted).toHaveLength(101);
  expect(first.next).toBe(name(109));
  const second = await reconciler.hint({ runAt: NOW, after: first.next });
  expect(second).toMatchObject({ next: null });
  expect(second.hinted).toHaveLength(20);
});

test('a customer whose workflow takes no signal keeps no other from being hinted, and is named', async () => {
  for (const name of ['ada', 'bo', 'cy', 'di'])
    await addCustomer(name, { periodEnd: NOW - 4 * HOUR });
  reconciler.stripe.answer = invoices();
  reconciler.silent.add('bo').add('di');
  expect(await hint()).toEqual({
    hinted: ['ada', 'cy'],
    unlisted: [
      { customer: 'bo', reason: 'bo takes no signal' },
      { customer: 'di', reason: 'di takes no signal' },
    ],
    next: null,
  });
});

test('when nobody’s takes one, it is an outage: all of them are tried again', async () => {
  for (const name of ['ada', 'bo']) await addCustomer(name, { periodEnd: NOW - 4 * HOUR });
  reconciler.stripe.answer = invoices();
  reconciler.silent.add('ada').add('bo');
  await expect(hint()).rejects.toThrow('takes no signal');
  reconciler.silent.clear();
  expect((await hint()).hinted).toEqual(['ada', 'bo']);
});

test('three in a row are an outage that began meanwhile, and are tried again from there', async () => {
  const names = ['ada', 'bo', 'cy', 'di', 'ed'];
  for (const name of names) await addCustomer(name, { periodEnd: NOW - 4 * HOUR });
  reconciler.stripe.answer = invoices();
  for (const name of names.slice(1)) reconciler.silent.add(name);
  let beaten: unknown;
  const beats = { onBeat: (details: unknown) => (beaten = details) };
  await expect(reconciler.hint({ runAt: NOW, after: null }, beats)).rejects.toThrow();
  reconciler.silent.clear();
  const again = await reconciler.hint({ runAt: NOW, after: null }, { before: beaten });
  expect(again).toEqual({ hinted: names, unlisted: [], next: null });
});
