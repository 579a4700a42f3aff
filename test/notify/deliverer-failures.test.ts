/** Goal: every bad hour of mailbox and app ends with the notification there, or given up aloud. */
import { retryAfterMs } from '../../src/notify/attempt';
import { createMailer } from '../../src/notify/mailer';
import { startAppEndpoint } from '../support/network/app-endpoint';
import { useOutbox } from '../support/stack/outbox';

const HOUR_SECONDS = 3600;

const outbox = useOutbox();

test.each([400, 401, 404, 429, 500, 503, 301, 307])(
  'an endpoint that answers %d is asked again later, and gets it once it is well',
  async (status) => {
    outbox.app.status = status;
    await outbox.tell('k');
    await outbox.deliver();
    expect(await outbox.deliver()).toBe(0);
    expect(await outbox.statesOf('k')).toMatchObject([
      { state: 'pending', last_error: `webhook: status ${status}` },
    ]);
    outbox.app.status = 200;
    await outbox.pass(11);
    await outbox.deliver();
    expect(await outbox.statesOf('k')).toMatchObject([{ state: 'sent', attempts: 2 }]);
    // Never followed to where a redirect leads.
    expect(outbox.app.received).toHaveLength(2);
  },
);

test('an endpoint that is down gets it when it is up again', async () => {
  const { url } = outbox.app;
  await outbox.app.close();
  await outbox.tell('k');
  await outbox.deliver();
  expect((await outbox.statesOf('k'))[0]?.last_error).toMatch(/^webhook: .*ECONNREFUSED/);
  outbox.app = await startAppEndpoint(Number(new URL(url).port));
  await outbox.pass(11);
  await outbox.deliver();
  expect(outbox.app.received.map(({ id }) => id)).toEqual(['k']);
});

test('pauses grow from 10 seconds to 6 hours, a tenth more by chance', () => {
  const pauses = [1, 2, 3, 12, 13, 60].map((attempts) => retryAfterMs(attempts, 0) / 1000);
  expect(pauses).toEqual([10, 20, 40, 20_480, 6 * HOUR_SECONDS, 6 * HOUR_SECONDS]);
  expect(retryAfterMs(1, 1)).toBe(11_000);
});

test('after three days it is given up, said in the log, and not tried again', async () => {
  outbox.app.status = 500;
  await outbox.tell('k');
  let attempts = 0;
  for (let hours = 0; hours < 80; hours += 1) {
    attempts += await outbox.deliver();
    await outbox.pass(HOUR_SECONDS);
  }
  expect(await outbox.statesOf('k')).toMatchObject([
    { state: 'failed', last_error: 'webhook: status 500', attempts },
  ]);
  expect(outbox.logged.filter((line) => line === 'notification given up')).toHaveLength(1);
  expect(attempts).toBeGreaterThan(15);
  expect(attempts).toBeLessThan(30);
});

test('410 stops all webhooks to that address, loses none, and goes on when it is taken back', async () => {
  outbox.app.status = 410;
  await outbox.tell('k1');
  await outbox.deliver();
  await outbox.tell('k2');
  await outbox.pass(HOUR_SECONDS);
  expect(await outbox.deliver()).toBe(0);
  expect(outbox.app.received).toHaveLength(1);
  expect(await outbox.statesOf('k1')).toMatchObject([{ state: 'pending' }]);

  outbox.app.status = 200;
  await outbox.pool.query('delete from notification_endpoints_gone');
  expect(await outbox.deliver()).toBe(2);
  expect(outbox.app.received.slice(1).map(({ id }) => id)).toEqual(['k1', 'k2']);
});

test('another address goes on where one is gone', async () => {
  await outbox.pool.query(
    `insert into notification_endpoints_gone (url) values ('https://old.example')`,
  );
  await outbox.tell('k');
  expect(await outbox.deliver()).toBe(1);
  expect(outbox.app.received).toHaveLength(1);
});

test.each([
  ['of whom no address is known', async () => outbox.addCustomer(''), 'no e-mail address is known'],
  ['who is not stored', async () => undefined, 'no e-mail address is known'],
])('a customer %s gets no mail, and the app its webhook', async (_case, prepare, reason) => {
  await prepare();
  await outbox.tell('k', ['email', 'webhook']);
  await outbox.deliver();
  expect(await outbox.statesOf('k')).toMatchObject([
    { channel: 'email', state: 'skipped', last_error: reason },
    { channel: 'webhook', state: 'sent' },
  ]);
});

test('without a mail server or an endpoint nothing is sent, and the outbox says why', async () => {
  await outbox.addCustomer('ada@example.com');
  await outbox.tell('k', ['email', 'webhook']);
  await outbox.deliver({ mailer: undefined, webhook: undefined });
  expect(await outbox.statesOf('k')).toMatchObject([
    { state: 'skipped', last_error: 'SMTP_URL is not set' },
    { state: 'skipped', last_error: 'NOTIFICATION_WEBHOOK_URL is not set' },
  ]);
});

test('a mailbox that is down does not keep the webhook back', async () => {
  await outbox.addCustomer('ada@example.com');
  await outbox.tell('k', ['email', 'webhook']);
  await outbox.deliver({ mailer: createMailer({ smtpUrl: 'smtp://127.0.0.1:9', from: 'a@b.c' }) });
  expect(await outbox.statesOf('k')).toMatchObject([{ state: 'pending' }, { state: 'sent' }]);
});

test('a notification that can’t be written as a mail holds up no other, and is given up aloud', async () => {
  await outbox.addCustomer('ada@example.com');
  await outbox.tell('poison', ['email']);
  await outbox.tell('sound', ['email']);
  await outbox.pool.query(
    `update notifications set type = 'dunning.reminder', data = '{}' where key = 'poison'`,
  );
  await outbox.deliver();
  expect(await outbox.statesOf('sound')).toMatchObject([{ state: 'sent' }]);
  const [waiting] = await outbox.statesOf('poison');
  expect(waiting).toMatchObject({ state: 'pending', last_error: expect.any(String) as string });
  for (let hours = 0; hours < 80; hours += 1) {
    await outbox.deliver();
    await outbox.pass(HOUR_SECONDS);
  }
  expect(await outbox.statesOf('poison')).toMatchObject([{ state: 'failed' }]);
  expect(outbox.logged).toContain('notification given up');
});
