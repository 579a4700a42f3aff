/** Goal: usage sent by HTTP ends as a mail that is read and a webhook that the app can trust. */
import { startMailServer } from '../../src/dev/mail/server';
import type { MailServer } from '../../src/dev/mail/server';
import { statusQuery } from '../../workflows/contract';
import type { AppEndpoint } from '../support/network/app-endpoint';
import { startAppEndpoint } from '../support/network/app-endpoint';
import { eventually } from '../support/stack/eventually';
import { startProduct } from '../support/stack/product';
import type { Product } from '../support/stack/product';

let mail: MailServer;
let app: AppEndpoint;
let product: Product;
beforeAll(async () => {
  mail = await startMailServer({ smtpPort: 0, httpPort: 0 });
  app = await startAppEndpoint();
  product = await startProduct({
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

let calls = 0;
const usage = (customer: string, tokens: number) => {
  calls += 1;
  const second = Math.floor(Date.now() / 1000);
  const call = { id: `call-${calls}`, model: 'gpt-4o-mini', tokens: { input: tokens }, second };
  return product.api.recordUsage(customer, [call]);
};
const state = (customer: string) =>
  product.temporal.workflow.getHandle(`billing:${customer}`).query(statusQuery);
const mailsTo = (address: string) => mail.messages.filter(({ to }) => to.includes(address));

test('80 % of the allowance: one mail, one verified webhook, one audit entry; then metrics', async () => {
  const email = 'ada@example.com';
  await product.api.put('/v1/customers/ada', { email, name: '<b>Ada</b> & Co', plan: 'starter' });
  const begun = await eventually(
    () => state('ada'),
    ({ periods }) => periods.length === 1,
  );
  await usage('ada', 79_999);
  await usage('ada', 1);
  await eventually(
    () => [app.received.length, mailsTo(email).length],
    ([webhooks, mails]) => webhooks === 1 && mails === 1,
  );
  const key = `usage-threshold:ada:${begun.periods[0]?.start}:80`;
  expect(app.received[0]).toMatchObject({
    id: key,
    verified: {
      type: 'usage.threshold_reached',
      data: { customer: 'ada', thresholdPercent: 80, usedTokens: 80_000, includedTokens: 100_000 },
    },
  });
  expect(mailsTo(email)[0]).toMatchObject({
    from: '"Shop" <billing@shop.example>',
    subject: 'You have used 80% of your Starter allowance',
    text: expect.stringContaining('Hello <b>Ada</b> & Co,') as string,
    html: expect.stringContaining('Hello &lt;b&gt;Ada&lt;/b&gt; &amp; Co,') as string,
  });

  // More usage below the next threshold, and a lost workflow that counts everything again.
  await usage('ada', 10);
  await product.temporal.workflow.getHandle('billing:ada').terminate('by mistake');
  await usage('ada', 5);
  await eventually(
    () => state('ada'),
    ({ periods }) => periods[0]?.usedTokens === 80_015 && periods[0].toldThresholds?.length === 1,
  );
  await usage('ada', 20_000);
  await eventually(
    () => [app.received.length, mailsTo(email).length],
    ([webhooks, mails]) => webhooks === 2 && mails === 2,
  );
  expect(app.received.map(({ id }) => id)).toEqual([key, key.replace(/80$/, '100')]);
  const { rows } = await product.pool.query<{ key: string }>(
    `select key from audit_entries where customer = 'ada' and kind = 'usage_threshold_reached'
      order by entry_number`,
  );
  expect(rows.map((row) => row.key)).toEqual([key, key.replace(/80$/, '100')]);

  // What is read by the one who got it is noted as sent a moment later, each by itself.
  const isSettled = (text: string) =>
    ['email', 'webhook'].every((channel) =>
      text.includes(`tollkeeper_notifications_pending{channel="${channel}"} 0`),
    );
  const metrics = await eventually(readMetrics, isSettled);
  expect(metrics).toContain('tollkeeper_notifications_total{channel="email",outcome="sent"} 2');
  expect(metrics).toContain('tollkeeper_notifications_total{channel="webhook",outcome="sent"} 2');
});

async function readMetrics(): Promise<string> {
  const headers = { authorization: `Bearer ${product.adminKey}` };
  return (await fetch(`${product.apiUrl}/metrics`, { headers })).text();
}

test('an app that is down hears of it when it is back; pay as you go hears nothing', async () => {
  app.status = 503;
  app.received.length = 0;
  await product.api.put('/v1/customers/bo', { email: 'bo@example.com', plan: 'pro' });
  await product.api.put('/v1/customers/cy', { email: 'cy@example.com', plan: 'pay_as_you_go' });
  await usage('cy', 1_000_000);
  await usage('bo', 250_000);
  await eventually(
    () => app.received.length,
    (attempts) => attempts > 0,
  );
  await eventually(
    () => mailsTo('bo@example.com').length,
    (mails) => mails === 1,
  );
  app.status = 200;
  await eventually(
    async () => {
      // The pause after a failure is ten seconds or more: it is over. A lease is longer.
      await product.pool.query(
        `update notification_deliveries set next_attempt_at = now()
          where state = 'pending' and last_error is not null
            and next_attempt_at < now() + interval '1 minute'`,
      );
      const { rows } = await product.pool.query<{ state: string }>(
        `select state from notification_deliveries
          where channel = 'webhook' and key like 'usage-threshold:bo:%'`,
      );
      return rows.map(({ state: reached }) => reached);
    },
    (states) => states.length === 1 && states[0] === 'sent',
  );
  const ids = app.received.map(({ id }) => id);
  expect(ids.length).toBeGreaterThan(1);
  expect(new Set(ids).size).toBe(1);
  await eventually(
    () => state('cy'),
    ({ periods }) => (periods[0]?.rates.payg_standard?.reportedTokens ?? 0) === 1_000_000,
  );
  expect(mailsTo('cy@example.com')).toEqual([]);
});
