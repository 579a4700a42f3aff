/** Goal: from the outbox each notification reaches mailbox and app once, whoever delivers. */
import { randomUUID } from 'node:crypto';
import { LEASE_SECONDS } from '../../src/notify/deliverer';
import { aThreshold } from '../support/builders/builders';
import { useOutbox } from '../support/stack/outbox';

const outbox = useOutbox();

test('both channels get it, once: the mail with the customer’s name, the webhook signed', async () => {
  const address = `${randomUUID()}@example.com`;
  await outbox.addCustomer(address);
  await outbox.tell('usage-threshold:ada:1767225600:80', ['email', 'webhook']);
  expect(await outbox.deliver()).toBe(2);
  expect(await outbox.deliver()).toBe(0);
  expect(outbox.mailsTo(address)).toMatchObject([
    { subject: expect.stringContaining('80%') as string },
  ]);
  expect(outbox.mailsTo(address)[0]?.html).toContain('Hello &lt;b&gt;&amp;,');
  expect(outbox.mailsTo(address)[0]?.text).toContain('https://shop.example/ada');
  expect(outbox.app.received).toHaveLength(1);
  expect(outbox.app.received[0]).toMatchObject({
    id: 'usage-threshold:ada:1767225600:80',
    verified: {
      type: 'usage.threshold_reached',
      timestamp: '2026-01-20T10:00:00.000Z',
      data: aThreshold(),
    },
    headers: { 'content-type': 'application/json' },
  });
  expect(await outbox.statesOf('usage-threshold:ada:1767225600:80')).toEqual([
    { channel: 'email', state: 'sent', attempts: 1, last_error: null },
    { channel: 'webhook', state: 'sent', attempts: 1, last_error: null },
  ]);
});

test('told again, it is not sent again; only the first counts', async () => {
  expect(await Promise.all([outbox.tell('k'), outbox.tell('k'), outbox.tell('k')])).toEqual(
    expect.arrayContaining([true, false, false]),
  );
  await outbox.deliver();
  expect(await outbox.tell('k', ['email', 'webhook'])).toBe(false);
  expect(await outbox.deliver()).toBe(0);
  expect(outbox.app.received).toHaveLength(1);
});

test('eight deliverers at once send each of a hundred notifications once', async () => {
  const keys = Array.from({ length: 100 }, (_, number) => `k${number}`);
  for (const key of keys) await outbox.tell(key);
  const deliverUntilEmpty = async () => {
    while ((await outbox.deliver()) > 0);
  };
  await Promise.all(Array.from({ length: 8 }, deliverUntilEmpty));
  expect(outbox.app.received.map(({ id }) => id).sort()).toEqual(keys.sort());
});

test('what one deliverer is sending at this moment no other takes, until its lease runs out', async () => {
  await outbox.tell('k');
  await outbox.pool.query(
    `update notification_deliveries set attempts = 1,
            next_attempt_at = now() + make_interval(secs => ${LEASE_SECONDS})`,
  );
  expect(await outbox.deliver()).toBe(0);
  await outbox.pass(LEASE_SECONDS);
  expect(await outbox.deliver()).toBe(1);
  expect(outbox.app.received).toHaveLength(1);
});

test('after a crash between sending and noting it comes again under the same id', async () => {
  await outbox.tell('k');
  await outbox.deliver();
  await outbox.pool.query(
    `update notification_deliveries set state = 'pending', settled_at = null, next_attempt_at = now()`,
  );
  await outbox.deliver();
  expect(outbox.app.received.map(({ id }) => id)).toEqual(['k', 'k']);
  expect(new Set(outbox.app.received.map(({ body }) => body)).size).toBe(1);
});

test('a slow attempt whose delivery was claimed anew changes nothing any more', async () => {
  await outbox.tell('k');
  const slow = outbox.aDeliverer({
    webhook: {
      url: outbox.app.url,
      send: async () => {
        await outbox.pool.query('update notification_deliveries set attempts = attempts + 1');
        return { outcome: 'refused', reason: 'long ago' };
      },
    },
  });
  await slow.deliverDue();
  await slow.untilIdle();
  expect(await outbox.statesOf('k')).toMatchObject([{ state: 'pending', attempts: 2 }]);
});
