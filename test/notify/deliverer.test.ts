/**
 * Goal: from the outbox each notification reaches mailbox and app once, whoever delivers, and
 * through every bad hour of either end.
 */
import { randomUUID } from 'node:crypto';
import type { Pool } from 'pg';
import { insertNotification } from '../../src/db/notifications';
import type { Channel } from '../../src/db/notifications';
import { createPool, inTransaction } from '../../src/db/pool';
import { startMailServer } from '../../src/dev/mail/server';
import type { MailServer } from '../../src/dev/mail/server';
import { retryAfterMs } from '../../src/notify/attempt';
import { createDeliverer, LEASE_SECONDS } from '../../src/notify/deliverer';
import type { DelivererDeps } from '../../src/notify/deliverer';
import { createMailer } from '../../src/notify/mailer';
import type { Mailer } from '../../src/notify/mailer';
import { createWebhookSender } from '../../src/notify/webhook';
import type { AppEndpoint } from '../support/app-endpoint';
import { startAppEndpoint } from '../support/app-endpoint';
import { aThreshold } from '../support/builders';
import { createTestDatabase } from '../support/database';
import type { TestDatabase } from '../support/database';

const HOUR_SECONDS = 3600;
const DECIDED_AT = new Date('2026-01-20T10:00:00.000Z');

let database: TestDatabase;
let pool: Pool;
let mail: MailServer;
let mailer: Mailer;
let app: AppEndpoint;
let logged: string[];

beforeAll(async () => {
  database = await createTestDatabase();
  pool = createPool({ connectionString: database.url });
  mail = await startMailServer({ smtpPort: 0, httpPort: 0 });
  mailer = createMailer({ smtpUrl: mail.smtpUrl, from: 'billing@shop.example' });
});
afterAll(async () => {
  mailer.close();
  await mail.close();
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  app = await startAppEndpoint();
  logged = [];
  await pool.query(
    'truncate notifications, notification_deliveries, notification_endpoints_gone, customers',
  );
});
afterEach(() => app.close());

const noteLine = (_about: object, line: string) => void logged.push(line);

function aDeliverer(change: Partial<DelivererDeps> = {}) {
  return createDeliverer({
    pool,
    log: { info: noteLine, warn: noteLine, error: noteLine } as unknown as DelivererDeps['log'],
    mailer,
    webhook: createWebhookSender(app),
    dashboardUrl: (customer) => `https://shop.example/${customer}`,
    ...change,
  });
}

async function deliver(change: Partial<DelivererDeps> = {}): Promise<number> {
  const deliverer = aDeliverer(change);
  const taken = await deliverer.deliverDue();
  await deliverer.settled();
  return taken;
}

async function tell(key: string, channels: readonly Channel[] = ['webhook'], customer = 'ada') {
  const notification = { type: 'usage.threshold_reached', data: aThreshold({ customer }) } as const;
  const row = { key, customer, notification, channels, decidedAt: DECIDED_AT };
  return inTransaction(pool, (client) => insertNotification(client, row));
}

async function addCustomer(email: string, customer = 'ada') {
  await pool.query(
    `insert into customers (customer, email, name, plan) values ($1, $2, '<b>&', 'starter')`,
    [customer, email],
  );
}

/** As if so much time had passed for what waits. */
const pass = (seconds: number) =>
  pool.query(
    `with older as (update notifications set created_at = created_at - make_interval(secs => $1))
     update notification_deliveries
        set next_attempt_at = next_attempt_at - make_interval(secs => $1)`,
    [seconds],
  );

async function statesOf(key: string) {
  const { rows } = await pool.query<Record<'channel' | 'state' | 'last_error', string>>(
    'select channel, state, attempts, last_error from notification_deliveries where key = $1 order by 1',
    [key],
  );
  return rows;
}

const mailsTo = (address: string) => mail.messages.filter(({ to }) => to.includes(address));

test('both channels get it, once: the mail with the customer’s name, the webhook signed', async () => {
  const address = `${randomUUID()}@example.com`;
  await addCustomer(address);
  await tell('usage-threshold:ada:1767225600:80', ['email', 'webhook']);
  expect(await deliver()).toBe(2);
  expect(await deliver()).toBe(0);
  expect(mailsTo(address)).toMatchObject([{ subject: expect.stringContaining('80%') as string }]);
  expect(mailsTo(address)[0]?.html).toContain('Hello &lt;b&gt;&amp;,');
  expect(mailsTo(address)[0]?.text).toContain('https://shop.example/ada');
  expect(app.received).toHaveLength(1);
  expect(app.received[0]).toMatchObject({
    id: 'usage-threshold:ada:1767225600:80',
    verified: {
      type: 'usage.threshold_reached',
      timestamp: '2026-01-20T10:00:00.000Z',
      data: aThreshold(),
    },
    headers: { 'content-type': 'application/json' },
  });
  expect(await statesOf('usage-threshold:ada:1767225600:80')).toEqual([
    { channel: 'email', state: 'sent', attempts: 1, last_error: null },
    { channel: 'webhook', state: 'sent', attempts: 1, last_error: null },
  ]);
});

test('told again, it is not sent again; only the first counts', async () => {
  expect(await Promise.all([tell('k'), tell('k'), tell('k')])).toEqual(
    expect.arrayContaining([true, false, false]),
  );
  await deliver();
  expect(await tell('k', ['email', 'webhook'])).toBe(false);
  expect(await deliver()).toBe(0);
  expect(app.received).toHaveLength(1);
});

test('eight deliverers at once send each of a hundred notifications once', async () => {
  const keys = Array.from({ length: 100 }, (_, number) => `k${number}`);
  for (const key of keys) await tell(key);
  const deliverUntilEmpty = async () => {
    while ((await deliver()) > 0);
  };
  await Promise.all(Array.from({ length: 8 }, deliverUntilEmpty));
  expect(app.received.map(({ id }) => id).sort()).toEqual(keys.sort());
});

test('what one deliverer is sending at this moment no other takes, until its lease runs out', async () => {
  await tell('k');
  await pool.query(
    `update notification_deliveries set attempts = 1,
            next_attempt_at = now() + make_interval(secs => ${LEASE_SECONDS})`,
  );
  expect(await deliver()).toBe(0);
  await pass(LEASE_SECONDS);
  expect(await deliver()).toBe(1);
  expect(app.received).toHaveLength(1);
});

test('after a crash between sending and noting it comes again under the same id', async () => {
  await tell('k');
  await deliver();
  await pool.query(
    `update notification_deliveries set state = 'pending', settled_at = null, next_attempt_at = now()`,
  );
  await deliver();
  expect(app.received.map(({ id }) => id)).toEqual(['k', 'k']);
  expect(new Set(app.received.map(({ body }) => body)).size).toBe(1);
});

test('a slow attempt whose delivery was claimed anew changes nothing any more', async () => {
  await tell('k');
  const slow = aDeliverer({
    webhook: {
      url: app.url,
      send: async () => {
        await pool.query('update notification_deliveries set attempts = attempts + 1');
        return { outcome: 'refused', reason: 'long ago' };
      },
    },
  });
  await slow.deliverDue();
  await slow.settled();
  expect(await statesOf('k')).toMatchObject([{ state: 'pending', attempts: 2 }]);
});

test.each([400, 401, 404, 429, 500, 503, 301, 307])(
  'an endpoint that answers %d is asked again later, and gets it once it is well',
  async (status) => {
    app.status = status;
    await tell('k');
    await deliver();
    expect(await deliver()).toBe(0);
    expect(await statesOf('k')).toMatchObject([
      { state: 'pending', last_error: `webhook: status ${status}` },
    ]);
    app.status = 200;
    await pass(11);
    await deliver();
    expect(await statesOf('k')).toMatchObject([{ state: 'sent', attempts: 2 }]);
    // Never followed to where a redirect leads.
    expect(app.received).toHaveLength(2);
  },
);

test('an endpoint that is down gets it when it is up again', async () => {
  const { url, secret } = app;
  await app.close();
  await tell('k');
  await deliver();
  expect((await statesOf('k'))[0]?.last_error).toMatch(/^webhook: .*ECONNREFUSED/);
  app = Object.assign(await startAppEndpoint(Number(new URL(url).port)), { secret });
  await pass(11);
  await deliver();
  expect(app.received.map(({ id }) => id)).toEqual(['k']);
});

test('pauses grow from 10 seconds to 6 hours, a tenth more by chance', () => {
  const pauses = [1, 2, 3, 12, 13, 60].map((attempts) => retryAfterMs(attempts, 0) / 1000);
  expect(pauses).toEqual([10, 20, 40, 20_480, 6 * HOUR_SECONDS, 6 * HOUR_SECONDS]);
  expect(retryAfterMs(1, 1)).toBe(11_000);
});

test('after three days it is given up, said in the log, and not tried again', async () => {
  app.status = 500;
  await tell('k');
  let attempts = 0;
  for (let hours = 0; hours < 80; hours += 1) {
    attempts += await deliver();
    await pass(HOUR_SECONDS);
  }
  expect(await statesOf('k')).toMatchObject([
    { state: 'failed', last_error: 'webhook: status 500', attempts },
  ]);
  expect(logged.filter((line) => line === 'notification given up')).toHaveLength(1);
  expect(attempts).toBeGreaterThan(15);
  expect(attempts).toBeLessThan(30);
});

test('410 stops all webhooks to that address, loses none, and goes on when it is taken back', async () => {
  app.status = 410;
  await tell('k1');
  await deliver();
  await tell('k2');
  await pass(HOUR_SECONDS);
  expect(await deliver()).toBe(0);
  expect(app.received).toHaveLength(1);
  expect(await statesOf('k1')).toMatchObject([{ state: 'pending' }]);

  app.status = 200;
  await pool.query('delete from notification_endpoints_gone');
  expect(await deliver()).toBe(2);
  expect(app.received.slice(1).map(({ id }) => id)).toEqual(['k1', 'k2']);
});

test('another address goes on where one is gone', async () => {
  await pool.query(`insert into notification_endpoints_gone (url) values ('https://old.example')`);
  await tell('k');
  expect(await deliver()).toBe(1);
  expect(app.received).toHaveLength(1);
});

test.each([
  ['of whom no address is known', async () => addCustomer(''), 'no e-mail address is known'],
  ['who is not stored', async () => undefined, 'no e-mail address is known'],
])('a customer %s gets no mail, and the app its webhook', async (_case, prepare, reason) => {
  await prepare();
  await tell('k', ['email', 'webhook']);
  await deliver();
  expect(await statesOf('k')).toMatchObject([
    { channel: 'email', state: 'skipped', last_error: reason },
    { channel: 'webhook', state: 'sent' },
  ]);
});

test('without a mail server or an endpoint nothing is sent, and the outbox says why', async () => {
  await addCustomer('ada@example.com');
  await tell('k', ['email', 'webhook']);
  await deliver({ mailer: undefined, webhook: undefined });
  expect(await statesOf('k')).toMatchObject([
    { state: 'skipped', last_error: 'SMTP_URL is not set' },
    { state: 'skipped', last_error: 'NOTIFICATION_WEBHOOK_URL is not set' },
  ]);
});

test('a mailbox that is down does not keep the webhook back', async () => {
  await addCustomer('ada@example.com');
  await tell('k', ['email', 'webhook']);
  await deliver({ mailer: createMailer({ smtpUrl: 'smtp://127.0.0.1:9', from: 'a@b.c' }) });
  expect(await statesOf('k')).toMatchObject([{ state: 'pending' }, { state: 'sent' }]);
});
