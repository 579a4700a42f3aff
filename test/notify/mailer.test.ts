/** Goal: what a customer reads, read from what a real mail server received. */
import { simpleParser } from 'mailparser';
import type { ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import type { AddressInfo } from 'node:net';
import { createMailer, messageId } from '../../src/notify/mailer';
import type { Mailer } from '../../src/notify/mailer';
import { usageThresholdMail } from '../../src/notify/usage-threshold-mail';
import type { Reader } from '../../src/notify/reader';
import { aThreshold } from '../support/builders/builders';

const FROM = 'Tollkeeper <billing@shop.example>';
const dashboardUrl = 'https://shop.example/dashboard?token=a.b&x="1"';

let received: ParsedMail[];
/** How the server answers RCPT TO and MAIL FROM. */
let refuse: { readonly at: 'to' | 'from'; readonly code: number } | null;
let server: SMTPServer;
let mailer: Mailer;
const refusal = (at: 'to' | 'from') =>
  refuse?.at === at ? Object.assign(new Error('no'), { responseCode: refuse.code }) : null;

beforeAll(async () => {
  server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onMailFrom: (_address, _session, done) => done(refusal('from')),
    onRcptTo: (_address, _session, done) => done(refusal('to')),
    onData: (stream, _session, done) => {
      simpleParser(stream).then((mail) => {
        received.push(mail);
        done();
      }, done);
    },
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.server.address() as AddressInfo;
  mailer = createMailer({ smtpUrl: `smtp://127.0.0.1:${port}`, from: FROM });
});
afterAll(async () => {
  mailer.close();
  await new Promise<void>((closed) => server.close(() => closed()));
});
beforeEach(() => {
  received = [];
  refuse = null;
});

const ADA: Reader = { name: 'Ada', dashboardUrl, billingPortalUrl: null, cardUrl: null };

async function sendAndRead(data = aThreshold(), reader = ADA, key = 'usage-threshold:ada:1:80') {
  const mail = usageThresholdMail(data, reader);
  const to = { address: 'ada@example.com', name: reader.name ?? '' };
  expect(await mailer.send({ key, to, mail })).toEqual({ outcome: 'sent' });
  return received.at(-1) as ParsedMail;
}

test('the customer reads what is used, what follows at which price, and where to look', async () => {
  const mail = await sendAndRead();
  expect(mail.subject).toBe('You have used 80% of your Starter allowance');
  expect(mail.from?.text).toBe('"Tollkeeper" <billing@shop.example>');
  expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
  expect(mail.text).toBe(
    [
      'Hello Ada,',
      'you have used 80,000 of the 100,000 tokens that your Starter plan includes. 20,000 are left.',
      'Nothing stops: your calls go on as before. Once it is used up, further tokens are charged at these rates:',
      '- Premium models: $40.00 per million tokens\n- All others: $3.00 per million tokens',
      'This is about the period from 1 January 2026 to 1 February 2026 (UTC). ' +
        'The next period begins with the full allowance.',
      `See your usage:\n${dashboardUrl}\n`,
    ].join('\n\n'),
  );
  const html = String(mail.html);
  expect(html).toContain('80,000 of the 100,000 tokens');
  expect(html).toContain('<li>Premium models: $40.00 per million tokens</li>');
  expect(html).toContain('href="https://shop.example/dashboard?token=a.b&amp;x=&quot;1&quot;"');
});

test('beyond the allowance it says how far, and one rate needs no list', async () => {
  const overageRates = [{ id: 'over', name: 'Tokens', pricePerMillionTokens: '3.00' }];
  const used = { thresholdPercent: 100, usedTokens: 150_000, overageTokens: 50_000 };
  const mail = await sendAndRead(aThreshold({ ...used, overageRates, currency: 'eur' }));
  expect(mail.subject).toBe('You have used up your Starter allowance');
  expect(mail.text).toContain('50,000 of them are beyond the allowance.');
  expect(mail.text).toContain('From here on, further tokens are charged at 3.00 EUR per million');
});

test.each([
  [130_000, 0, 'What is beyond the allowance is covered by tokens that were given to you.'],
  [
    180_000,
    30_000,
    '30,000 of them are beyond the allowance and the tokens that were given to you.',
  ],
  [100_000, 0, '0 are left.'],
])('of %i tokens, %i over: %s', async (usedTokens, overageTokens, said) => {
  const mail = await sendAndRead(
    aThreshold({ thresholdPercent: 100, includedTokens: 100_000, usedTokens, overageTokens }),
  );
  expect(mail.text).toContain(said);
});

test('a plan that charges nothing beyond the allowance says so; without a public address, no link', async () => {
  const mail = await sendAndRead(aThreshold({ overageRates: [] }), {
    ...ADA,
    dashboardUrl: null,
    billingPortalUrl: null,
  });
  expect(mail.text).toContain('further tokens are not charged');
  expect(String(mail.html)).not.toContain('<a ');
});

test('a name is shown as it is, and never as markup, as a header or as a line of its own', async () => {
  const name = '<b>&"Ada"</b>\r\nBcc: eve@example.com';
  const mail = await sendAndRead(aThreshold({ plan: { id: 'p', name: 'A<i>B' } }), {
    ...ADA,
    name,
  });
  expect(mail.bcc).toBeUndefined();
  expect(mail.text).toContain('Hello <b>&"Ada"</b> Bcc: eve@example.com,\n');
  expect(String(mail.html)).toContain('Hello &lt;b&gt;&amp;&quot;Ada&quot;&lt;/b&gt; Bcc: eve@');
  expect(String(mail.html)).toContain('your A&lt;i&gt;B plan');
  expect(String(mail.html)).not.toMatch(/<[bi]>/);
  expect(mail.to && 'value' in mail.to && mail.to.value.map(({ address }) => address)).toEqual([
    'ada@example.com',
  ]);
});

test('the same notification has the same Message-ID, another one another', async () => {
  const first = await sendAndRead();
  const again = await sendAndRead();
  const other = await sendAndRead(aThreshold(), ADA, 'usage-threshold:ada:1:100');
  expect(again.messageId).toBe(first.messageId);
  expect(other.messageId).not.toBe(first.messageId);
  expect(first.messageId).toMatch(/^<[0-9a-f]{40}@shop\.example>$/);
  expect(messageId('key', 'billing@shop.example')).toMatch(/@shop\.example>$/);
});

test.each([
  ['a mailbox that does not exist is refused for good', 'to', 550, 'refused'],
  ['a mailbox that is busy is tried again', 'to', 450, 'retry'],
  ['a sender of ours that is refused is tried again: it can be mended', 'from', 550, 'retry'],
] as const)('%s', async (_case, at, code, outcome) => {
  refuse = { at, code };
  const mail = usageThresholdMail(aThreshold(), ADA);
  const to = { address: 'ada@example.com', name: '' };
  expect(await mailer.send({ key: 'k', to, mail })).toMatchObject({ outcome });
  expect(received).toEqual([]);
});

test('a mail server that is not there is tried again', async () => {
  const nobody = createMailer({ smtpUrl: 'smtp://127.0.0.1:9', from: FROM });
  const mail = usageThresholdMail(aThreshold(), ADA);
  const result = await nobody.send({ key: 'k', to: { address: 'a@b.c', name: '' }, mail });
  expect(result).toMatchObject({
    outcome: 'retry',
    reason: expect.stringMatching(/^SMTP: .*ECONNREFUSED/) as string,
  });
});
