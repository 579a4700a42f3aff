/**
 * Goal: a renewal that cannot be collected is told by mail and webhook, limits access, is paid over
 * the mail's link with another card, and then all is as before.
 */
import { startMailServer } from '../../src/dev/mail/server';
import type { MailServer } from '../../src/dev/mail/server';
import { dunningStatusQuery, statusQuery } from '../../workflows/contract';
import type { DunningResult } from '../../workflows/contract';
import type { AppEndpoint } from '../support/network/app-endpoint';
import { startAppEndpoint } from '../support/network/app-endpoint';
import { eventually } from '../support/stack/eventually';
import { advanceClock } from '../support/stripe/test-clock';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';

const PUBLIC_URL = 'https://billing.shop.example';
const EMAIL = 'ada@example.com';

let mail: MailServer;
let app: AppEndpoint;
let product: Product;
beforeAll(async () => {
  mail = await startMailServer({ smtpPort: 0, httpPort: 0 });
  app = await startAppEndpoint();
  product = await startProduct({
    PUBLIC_URL,
    SMTP_URL: mail.smtpUrl,
    MAIL_FROM: 'Shop <billing@shop.example>',
    NOTIFICATION_WEBHOOK_URL: app.url,
    NOTIFICATION_WEBHOOK_SECRET: app.secret,
  });
});
afterAll(async () => {
  await product.stop();
  await app.close();
  await mail.close();
});

const state = () => product.temporal.workflow.getHandle('billing:ada').query(statusQuery);
const access = () =>
  product.api.get<{ state: string; reasons: { code: string }[] }>('/v1/customers/ada/access');
const mailUntil = (subject: string) =>
  eventually(
    () => mail.messages.find((message) => message.subject === subject),
    (found) => found !== undefined,
  );
const webhookUntil = (type: string) =>
  eventually(
    () => app.received.find(({ verified }) => (verified as { type: string }).type === type),
    (found) => found !== undefined,
  );

const advance = (clock: string, second: number) => advanceClock(product.stripe, clock, second);

/** Renewed, finalized, declined: the invoice that stays open. */
async function aDeclinedRenewal(): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const clock = await product.stripe.testHelpers.testClocks.create({ frozen_time: now });
  await product.api.put('/v1/customers/ada', {
    ...{ email: EMAIL, name: 'Ada', plan: 'starter', testClock: clock.id },
  });
  const begun = await eventually(state, ({ periods }) => periods.length === 1);
  const end = Number(begun.periods[0]?.end);
  const order = await fetch(`${product.stripeUrl}/_sandbox/fail-next-payment`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ customer: begun.stripeCustomerId, code: 'card_declined' }),
  });
  expect(order.status).toBe(200);
  await advance(clock.id, end);
  await eventually(state, ({ periods }) => periods[0]?.phase === 'reconciled');
  await advance(clock.id, end + 2 * 3600);
  const { dunning } = await eventually(state, (seen) => seen.dunning[0]?.day === 0);
  return String(dunning[0]?.invoiceId);
}

/** A card of the subscription's own, as what Checkout made has one, goes before the customer's. */
async function giveOwnCard(): Promise<void> {
  const { stripeCustomerId, subscriptionId } = await state();
  const card = await product.stripe.paymentMethods.attach('pm_card_visa', {
    customer: String(stripeCustomerId),
  });
  await product.stripe.subscriptions.update(String(subscriptionId), {
    default_payment_method: card.id,
  });
}

/** What the mail's link leads to: nothing is paid there, a card is put in. */
async function putInAnotherCard(portal: string): Promise<void> {
  const body = { number: '5555555555554444', expiry: '12 / 34', cvc: '123', name: 'Ada' };
  const form = { method: 'POST', body: new URLSearchParams(body), redirect: 'manual' } as const;
  expect((await fetch(`${portal}/card`, form)).status).toBe(303);
}

test('declined, told with a link to a card form, paused, paid with another card, recovered', async () => {
  const invoiceId = await aDeclinedRenewal();
  await giveOwnCard();
  const handle = product.temporal.workflow.getHandle(`dunning:${invoiceId}`);
  await eventually(access, (answer) => answer?.state === 'warned');
  expect((await access())?.reasons.map(({ code }) => code)).toEqual(['payment_past_due']);
  const told = await webhookUntil('dunning.reminder');
  expect(told).toMatchObject({
    id: `dunning:${invoiceId}:day-0`,
    verified: {
      data: {
        ...{ customer: 'ada', invoiceId, amountDueCents: 2900, currency: 'usd' },
        ...{ day: 0, access: 'warned', giveUp: 'cancel', next: { action: 'notify' } },
      },
    },
  });

  const reminder = await mailUntil('Your payment did not go through');
  expect(reminder).toMatchObject({ to: [EMAIL] });
  expect(reminder?.text).toContain(`we could not collect $29.00 for invoice ${invoiceId}`);
  const link = new URL(/https:\S+/.exec(String(reminder?.text))?.[0] ?? '');
  expect(`${link.origin}${link.pathname}`).toBe(`${PUBLIC_URL}/billing-portal`);
  const portal = await fetch(`${product.apiUrl}${link.pathname}${link.search}`, {
    redirect: 'manual',
  });
  expect(portal.status).toBe(303);
  const there = String(portal.headers.get('location'));
  expect(there.startsWith(product.stripeUrl)).toBe(true);
  expect(await (await fetch(there)).text()).toContain('Add a payment method');

  const pause = { invoice: invoiceId, until: null, reason: 'a card is on its way' };
  await product.api.post('/v1/customers/ada/dunning/pause', pause);
  expect((await handle.query(dunningStatusQuery)).pause).toMatchObject({ reason: pause.reason });

  await putInAnotherCard(there);
  expect(await handle.result()).toEqual<DunningResult>({ outcome: 'recovered', stepsTaken: 1 });
  await eventually(access, (answer) => answer?.state === 'ok' && answer.reasons.length === 0);
  const recovered = await webhookUntil('dunning.recovered');
  expect(recovered).toMatchObject({
    id: `dunning:${invoiceId}:recovered`,
    verified: { data: { access: 'ok', amountDueCents: 0, next: null } },
  });
  expect((await mailUntil('Thank you: your invoice is paid'))?.text).toContain(
    `${PUBLIC_URL}/dashboard?token=`,
  );
  // The paid month is put away, and the next one is billed as if nothing had been.
  await eventually(state, ({ periods, dunning }) => periods.length === 1 && dunning.length === 0);
  await expect(product.api.post('/v1/customers/ada/dunning/pause', pause)).rejects.toThrow(/404/);
  const { rows } = await product.pool.query<{ kind: string }>(
    `select kind from audit_entries where customer = 'ada' and kind like 'dunning%'
      order by entry_number`,
  );
  expect(rows.map(({ kind }) => kind)).toEqual([
    ...['dunning_reminder', 'dunning_pause_asked', 'dunning_recovered', 'dunning_closed'],
  ]);
});
