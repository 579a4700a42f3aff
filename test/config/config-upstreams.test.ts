/** Goal: an upstream that would not work is refused at the start, and no key of it is shown. */
import { loadConfig } from '../../src/config';

const NEEDED = {
  DATABASE_URL: 'postgres://localhost/tollkeeper',
  STRIPE_SECRET_KEY: 'sk_test_1',
  STRIPE_WEBHOOK_SECRET: 'whsec_1',
  OPENAI_SPOOL_DIRECTORY: '/spool',
};
const load = (environment: Record<string, string>) => () =>
  loadConfig({ ...NEEDED, ...environment });
const withUpstreams = (value: unknown) => load({ UPSTREAMS: JSON.stringify(value) });

test('several upstreams, of either dialect', () => {
  const mistral = { url: 'https://api.mistral.ai/v1', apiKey: 'hidden' };
  const azure = { url: 'https://x.openai.azure.com/openai', keyHeader: 'api-key' };
  const claude = { url: 'https://gateway.example/v1', dialect: 'anthropic' };
  expect(withUpstreams({ mistral, azure, claude })().UPSTREAMS).toEqual({
    mistral: { ...mistral, dialect: 'openai' },
    azure: { ...azure, dialect: 'openai' },
    claude,
  });
});

const url = 'https://api.example/v1';
test.each([
  ['no JSON', '{hidden', 'it: Invalid input'],
  ['a list', [{ url, apiKey: 'hidden' }], 'it: Invalid input'],
  ['a name that is no part of a path', { 'A/B': { url, apiKey: 'hidden' } }, 'small letters'],
  ['no address', { a: { apiKey: 'hidden' } }, 'a.url: Invalid input'],
  [
    'an address that is none',
    { a: { url: 'api.example', apiKey: 'hidden' } },
    'a.url: Invalid URL',
  ],
  ['another protocol', { a: { url: 'ftp://api.example', apiKey: 'hidden' } }, 'a.url'],
  ['another dialect', { a: { url, dialect: 'gemini', apiKey: 'hidden' } }, 'a.dialect'],
  [
    'a header that no provider reads',
    { a: { url, keyHeader: 'key', apiKey: 'hidden' } },
    'keyHeader',
  ],
  [
    'a key with a space',
    { a: { url, apiKey: 'Bearer hidden' } },
    'a.apiKey: expected a key without',
  ],
  ['a name that means nothing', { a: { url, key: 'hidden' } }, 'a: Unrecognized key: "key"'],
])('upstreams with %s are refused, and not shown', (_case, value, message) => {
  const refused = typeof value === 'string' ? load({ UPSTREAMS: value }) : withUpstreams(value);
  expect(refused).toThrow(/UPSTREAMS .* is set, but not valid: expected JSON: {"NAME"/);
  expect(refused).toThrow(message);
  expect(refused).not.toThrow('hidden');
});

test.each([
  ['ANTHROPIC_UPSTREAM_URL', 'https://api.anthropic.com/v1'],
  ['UPSTREAMS', '{"a":{"url":"https://api.example/v1"}}'],
])('%s needs a spool', (name, value) => {
  expect(load({ [name]: value, OPENAI_SPOOL_DIRECTORY: '' })).toThrow(
    new RegExp(`OPENAI_SPOOL_DIRECTORY .* is not set: expected together with ${name}`),
  );
});

test("Anthropic's address is wanted with its version, which its clients leave out", () => {
  expect(load({ ANTHROPIC_UPSTREAM_URL: 'https://api.anthropic.com' })).toThrow(
    /ANTHROPIC_UPSTREAM_URL .* expected it with its \/v1/,
  );
});
