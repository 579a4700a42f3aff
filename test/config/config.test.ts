/** Goal: an environment that could not send notifications is refused before anything starts. */
import { randomBytes } from 'node:crypto';
import { loadConfig } from '../../src/config';

const NEEDED = {
  DATABASE_URL: 'postgres://localhost/tollkeeper',
  STRIPE_SECRET_KEY: 'sk_test_1',
  STRIPE_WEBHOOK_SECRET: 'whsec_1',
};
const load = (environment: Record<string, string>) => () =>
  loadConfig({ ...NEEDED, ...environment });
const secretOf = (bytes: number) => `whsec_${randomBytes(bytes).toString('base64')}`;
const NOTIFICATION_WEBHOOK_URL = 'https://app.example/hooks';

test('without a mail server and an endpoint nothing more is needed', () => {
  expect(load({})().SMTP_URL).toBeUndefined();
});

test('a mail server with a sender, an endpoint with a secret', () => {
  const webhook = { NOTIFICATION_WEBHOOK_URL, NOTIFICATION_WEBHOOK_SECRET: secretOf(32) };
  const mail = { SMTP_URL: 'smtp://mail:1025', MAIL_FROM: 'Shop <billing@shop.example>' };
  expect(load({ ...mail, ...webhook })()).toMatchObject({ ...mail, ...webhook });
});

test('a mail server without a sender, an endpoint without a secret: both are named', () => {
  const incomplete = load({ SMTP_URL: 'smtp://mail', NOTIFICATION_WEBHOOK_URL });
  expect(incomplete).toThrow(/MAIL_FROM .* is not set: expected together with SMTP_URL/);
  expect(incomplete).toThrow(/NOTIFICATION_WEBHOOK_SECRET .* is not set: expected together with/);
});

test('an upstream for calls of models needs a spool, and its key an upstream', () => {
  const upstream = { OPENAI_UPSTREAM_URL: 'https://api.openai.com/v1' };
  expect(load(upstream)).toThrow(/OPENAI_SPOOL_DIRECTORY .* is not set: expected together with/);
  const key = { OPENAI_UPSTREAM_API_KEY: 'sk-1' };
  expect(load(key)).toThrow(/OPENAI_UPSTREAM_URL .* is not set: expected together with/);
  const whole = { ...upstream, ...key, OPENAI_SPOOL_DIRECTORY: '/spool' };
  expect(load(whole)()).toMatchObject(whole);
});

test.each([
  ['a secret of too few bytes', { NOTIFICATION_WEBHOOK_SECRET: secretOf(23) }],
  ['a secret of too many bytes', { NOTIFICATION_WEBHOOK_SECRET: secretOf(65) }],
  ['a secret without its prefix', { NOTIFICATION_WEBHOOK_SECRET: secretOf(32).slice(6) }],
  ['an endpoint that is no web address', { NOTIFICATION_WEBHOOK_URL: 'ftp://app.example' }],
  ['a mail server that is no SMTP address', { SMTP_URL: 'mail:25' }],
  ['a sender that is no address', { MAIL_FROM: 'Shop' }],
])('%s is refused, and not shown', (_case, environment) => {
  const [name, value] = Object.entries(environment)[0] as [string, string];
  expect(load(environment)).toThrow(new RegExp(`${name} .* is set, but not valid`));
  expect(load(environment)).not.toThrow(value);
});
