/** Goal: what a customer reads of an unpaid invoice, as a real mail server received it. */
import type { DunningData, DunningNoticeType } from '../../src/core/dunning/dunning-notice';
import { startMailServer } from '../../src/dev/mail/server';
import type { MailServer } from '../../src/dev/mail/server';
import { dunningMail } from '../../src/notify/dunning-mail';
import { createMailer } from '../../src/notify/mailer';
import type { Mailer } from '../../src/notify/mailer';
import type { Reader } from '../../src/notify/reader';
import type { KeptMail } from '../../src/dev/mail/kept-mail';

let server: MailServer;
let mailer: Mailer;
beforeAll(async () => {
  server = await startMailServer({ smtpPort: 0, httpPort: 0 });
  mailer = createMailer({ smtpUrl: server.smtpUrl, from: 'Shop <billing@shop.example>' });
});
afterAll(async () => {
  mailer.close();
  await server.close();
});

const ADA: Reader = {
  name: 'Ada',
  dashboardUrl: 'https://shop.example/dashboard?token=a.b',
  billingPortalUrl: 'https://shop.example/billing-portal?token=a.b&x="1"',
  cardUrl: 'https://shop.example/billing-portal?token=a.b&flow=card',
};
const someData = (change: Partial<DunningData> = {}): DunningData => ({
  customer: 'ada',
  invoiceId: 'in_1',
  ...{ amountDueCents: 123_456, currency: 'usd' },
  firstFailedAt: '2026-02-01T10:00:00.000Z',
  ...{ day: 0, access: 'warned', giveUp: 'cancel' },
  next: { at: '2026-02-04T10:00:00.000Z', action: 'notify' },
  ...change,
});

async function sendAndRead(
  type: DunningNoticeType,
  data: DunningData = someData(),
  reader = ADA,
): Promise<KeptMail> {
  const mail = dunningMail(type, data, reader);
  const to = { address: 'ada@example.com', name: reader.name ?? '' };
  expect(await mailer.send({ key: 'dunning:in_1:x', to, mail })).toEqual({ outcome: 'sent' });
  return server.messages[0] as KeptMail;
}

const OPEN =
  'we could not collect $1,234.56 for invoice in_1, which has been unpaid since 1 February 2026.';
const RETRIED = `${OPEN} The payment is tried again by itself, and at once by a card that you put in.`;
const CARD = `Put in a card that pays it:\n${ADA.cardUrl}`;
const OTHERWISE = `See your invoices, or pay in another way:\n${ADA.billingPortalUrl}\n`;
const PAY = `${CARD}\n\n${OTHERWISE}`;

test('the first mail says what is open, that nothing changes yet, what comes when, and how to pay', async () => {
  const mail = await sendAndRead('dunning.reminder');
  expect(mail.subject).toBe('Your payment did not go through');
  expect(mail.text).toBe(
    [
      'Hello Ada,',
      RETRIED,
      'Nothing changes for now: your calls go on as before. If it is still unpaid on ' +
        '4 February 2026, we will write again.',
      PAY,
    ].join('\n\n'),
  );
  const html = String(mail.html);
  expect(html).toContain(`<p>${OPEN}`);
  expect(html).toContain('If it is still unpaid on 4 February 2026, we will write again.</p>');
  expect(html).toContain(
    '<a href="https://shop.example/billing-portal?token=a.b&amp;flow=card">Put in a card',
  );
  expect(html).toContain(
    '<a href="https://shop.example/billing-portal?token=a.b&amp;x=&quot;1&quot;">See your',
  );
});

test.each([
  ['throttle', 'requests may be slowed down until it is paid.'],
  ['give_up', 'your subscription will be canceled.'],
] as const)('a reminder announces that the next step is %s', async (action, announced) => {
  const next = { at: '2026-02-08T10:00:00.000Z', action };
  const mail = await sendAndRead('dunning.reminder', someData({ day: 3, next }));
  expect(mail.text).toContain(`If it is still unpaid on 8 February 2026, ${announced}`);
});

test.each([
  ['cancel', 'your subscription will be canceled.'],
  ['mark_uncollectible', 'we will stop trying to collect it.'],
  ['leave', 'we will write for the last time.'],
] as const)('slowed down, the customer reads what the end will be: %s', async (giveUp, end) => {
  const next = { at: '2026-02-15T10:00:00.000Z', action: 'give_up' } as const;
  const data = someData({ day: 7, access: 'throttled', next, giveUp });
  const mail = await sendAndRead('dunning.throttled', data);
  expect(mail.subject).toBe('Your requests are slowed down until your invoice is paid');
  expect(mail.text).toBe(
    [
      'Hello Ada,',
      RETRIED,
      'From now on, until it is paid, requests may be slowed down. Nothing is refused, and no ' +
        `usage is lost. If it is still unpaid on 15 February 2026, ${end}`,
      PAY,
    ].join('\n\n'),
  );
});

test.each([
  ['cancel', 'Your subscription has been canceled. We would be glad to have you back.'],
  [
    'mark_uncollectible',
    'We do not try to collect it any more, and your subscription goes on. Please get in touch.',
  ],
  [
    'leave',
    'Requests stay slowed down until it is paid. Nothing is refused, and no usage is lost.',
  ],
] as const)(
  'the last mail says what was done, and promises no more tries: %s',
  async (giveUp, end) => {
    const data = someData({ day: 14, access: 'revoked', next: null, giveUp });
    const mail = await sendAndRead('dunning.given_up', data);
    expect(mail.subject).toBe('Your invoice is still unpaid');
    const pay = giveUp === 'leave' ? PAY : OTHERWISE;
    expect(mail.text).toBe(['Hello Ada,', OPEN, end, pay].join('\n\n'));
    expect(String(mail.html)).toContain(`<p>${end}</p>`);
  },
);

test('a schedule that ends with a reminder announces nothing', async () => {
  const mail = await sendAndRead('dunning.reminder', someData({ next: null }));
  expect(mail.text).toContain('Nothing changes for now: your calls go on as before.\n\n');
});

test('once paid the customer is thanked, and is shown the usage instead of a way to pay', async () => {
  const data = someData({ amountDueCents: 0, day: null, access: 'ok', next: null });
  const mail = await sendAndRead('dunning.recovered', data);
  expect(mail.subject).toBe('Thank you: your invoice is paid');
  expect(mail.text).toBe(
    [
      'Hello Ada,',
      'invoice in_1 is paid. Nothing is slowed down because of it any more.',
      `See your usage:\n${ADA.dashboardUrl}\n`,
    ].join('\n\n'),
  );
  expect(mail.html).not.toContain('billing-portal');
});

test.each(['dunning.reminder', 'dunning.recovered'] as const)(
  'without a public address there is no link: %s',
  async (type) => {
    const nowhere = { name: null, dashboardUrl: null, billingPortalUrl: null, cardUrl: null };
    const mail = await sendAndRead(type, someData({ currency: 'eur' }), nowhere);
    expect(mail.html).not.toContain('<a ');
    expect(mail.text).not.toContain('http');
    expect(mail.text).toMatch(/^Hello,\n/);
    if (type === 'dunning.reminder') expect(mail.text).toContain('collect 1,234.56 EUR for');
  },
);

test('a name is shown as it is, and never as markup, as a header or as a line of its own', async () => {
  const name = '<img src=x onerror=alert(1)>"\'&\r\nBcc: eve@example.com\u2028end';
  const mail = await sendAndRead('dunning.reminder', someData(), { ...ADA, name });
  expect(mail.to).toEqual(['ada@example.com']);
  expect(mail.text).toContain('Hello <img src=x onerror=alert(1)>"\'& Bcc: eve@example.com end,\n');
  expect(mail.html).toContain(
    'Hello &lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp; Bcc: eve@example.com end,',
  );
  expect(mail.html).not.toContain('<img');
});
