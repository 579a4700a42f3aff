/** Goal: an environment that would not work, or would not be safe, is refused at the start. */
import { randomBytes } from 'node:crypto';
import { loadCodecServerConfig, loadConfig, loadMigrationConfig } from '../../src/config';

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

test('reports by the stream need the secret of thin events, which tell of its refusals', () => {
  const stream = { STRIPE_METER_TRANSPORT: 'stream' };
  expect(load(stream)).toThrow(/STRIPE_WEBHOOK_SECRET_THIN .* is not set: expected with STRIPE_ME/);
  const whole = { ...stream, STRIPE_WEBHOOK_SECRET_THIN: 'whsec_thin' };
  expect(load(whole)()).toMatchObject(whole);
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

const LOGIN = 'app:hidden';
test.each([
  ['of a port that there can not be', `postgres://${LOGIN}@db:99999/ledger`],
  ['of a port that is no number', `postgres://${LOGIN}@db:port/ledger`],
  ['of another database', `mysql://${LOGIN}@db/ledger`],
  ['that is only a name', 'ledger-of-hidden'],
])('a database %s is refused with advice, and not shown', (_case, DATABASE_URL) => {
  expect(load({ DATABASE_URL })).toThrow(/DATABASE_URL .* is set, but not valid: .*postgres:\/\//);
  expect(load({ DATABASE_URL })).not.toThrow('hidden');
});

test.each([
  'postgresql://app@db/ledger?sslmode=require',
  'postgres://app:p%w@ss@db:5432/ledger',
  'postgres:///ledger?host=/var/run/postgresql',
  '/var/run/postgresql ledger',
])('a database as the driver reads it is taken: %s', (DATABASE_URL) => {
  expect(load({ DATABASE_URL })().DATABASE_URL).toBe(DATABASE_URL);
});

describe('with a live key', () => {
  const live = { STRIPE_SECRET_KEY: 'sk_live_1' };

  test.each([
    ['missing', {}, 'not set'],
    ['too short', { DASHBOARD_SECRET: 'x'.repeat(31) }, 'set, but not valid'],
  ])('a secret for links that is %s is refused', (_case, secret, state) => {
    expect(load({ ...live, ...secret })).toThrow(
      new RegExp(`DASHBOARD_SECRET .* is ${state}: expected 32 random characters or more`),
    );
  });

  test('a long one of its own is taken', () => {
    const DASHBOARD_SECRET = randomBytes(32).toString('hex');
    expect(load({ ...live, DASHBOARD_SECRET })()).toMatchObject({ DASHBOARD_SECRET });
  });
});

test.each(['DASHBOARD_SECRET', 'CODEC_SERVER_KEY'])(
  '%s that is a copy of another secret is refused, and that one is named',
  (name) => {
    const secret = 'whsec_a_copy_of_what_somebody_else_knows';
    const copy = load({ STRIPE_WEBHOOK_SECRET: secret, [name]: secret });
    expect(copy).toThrow(`expected a secret of its own, and it is that of STRIPE_WEBHOOK_SECRET`);
    expect(copy).not.toThrow(secret);
  },
);

describe('keys of payloads', () => {
  const aKey = () => randomBytes(32).toString('base64');

  test.each([
    ['one key', aKey()],
    ['a new and an old one', `${aKey()},${aKey()}`],
    ['none, and one of before', `none,${aKey()}`],
  ])('%s: taken', (_case, TEMPORAL_PAYLOAD_KEYS) => {
    expect(load({ TEMPORAL_PAYLOAD_KEYS })()).toMatchObject({ TEMPORAL_PAYLOAD_KEYS });
  });

  test.each([
    ['too short', randomBytes(16).toString('base64')],
    ['hexadecimal', randomBytes(32).toString('hex')],
    ['none in the end', `${aKey()},none`],
  ])('%s: refused, and not shown', (_case, TEMPORAL_PAYLOAD_KEYS) => {
    const refused = load({ TEMPORAL_PAYLOAD_KEYS });
    expect(refused).toThrow(/TEMPORAL_PAYLOAD_KEYS .* expected KEY,KEY,…/);
    expect(refused).not.toThrow(TEMPORAL_PAYLOAD_KEYS);
  });

  test('the codec server needs them and a key of its own, and no secret of anybody else', () => {
    expect(() => loadCodecServerConfig({})).toThrow(/TEMPORAL_PAYLOAD_KEYS .*\n.*CODEC_SERVER_KEY/);
    const own = { TEMPORAL_PAYLOAD_KEYS: aKey(), CODEC_SERVER_KEY: 'k'.repeat(32) };
    expect(loadCodecServerConfig({ ...NEEDED, ...own })).toEqual({ HOST: '127.0.0.1', ...own });
  });
});

test('a migration needs the database of its owner, and no secret of anybody else', () => {
  expect(() => loadMigrationConfig({})).toThrow(/DATABASE_URL .* is not set/);
  const { DATABASE_URL } = NEEDED;
  expect(loadMigrationConfig(NEEDED)).toEqual({ DATABASE_URL });
});

test.each(['0.3.0', '2026-11-29_1a2b3c', 'v1.0+git.5'])(
  '%s names a build of the worker',
  (build) => {
    expect(load({ TEMPORAL_WORKER_BUILD_ID: build })()).toMatchObject({
      ...{ TEMPORAL_WORKER_BUILD_ID: build, TEMPORAL_DEPLOYMENT_NAME: 'tollkeeper' },
    });
  },
);

test('what would not be told apart in the name of a version is refused', () => {
  expect(load({ TEMPORAL_WORKER_BUILD_ID: "it's:mine" })).toThrow(/TEMPORAL_WORKER_BUILD_ID/);
  // Temporal ends a deployment's name at its first dot.
  expect(load({ TEMPORAL_DEPLOYMENT_NAME: 'toll.keeper' })).toThrow(/TEMPORAL_DEPLOYMENT_NAME/);
});
