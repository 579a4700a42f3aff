/** Which pages may ask by a customer's token: those of the origins that are named, no others. */
import { createOriginList } from '../../../src/api/me/browser-origins';

const isAllowed = createOriginList(
  'https://app.example.com, https://*.example.org http://a.b:3000',
);

test.each([
  'https://app.example.com',
  'https://APP.example.com',
  'https://eu.example.org',
  'https://a.b.example.org',
  'http://a.b:3000',
])('%s is named', (origin) => {
  expect(isAllowed(origin)).toBe(true);
});

test.each([
  ['another scheme', 'http://app.example.com'],
  ['another port', 'https://app.example.com:444'],
  ['another host with the name in it', 'https://app.example.com.evil.example'],
  ['another host that ends so', 'https://evilapp.example.com'],
  ['a dot that is none', 'https://appxexample.com'],
  ['the host above those below', 'https://example.org'],
  ['a host that only ends so', 'https://evilexample.org'],
  ['a page without an origin', 'null'],
  ['nothing', ''],
])('%s is not: %s', (_why, origin) => {
  expect(isAllowed(origin)).toBe(false);
});

test('where none is named, none is allowed', () => {
  for (const setting of [undefined, '', ' , '])
    expect(['https://app.example.com', 'null', ''].map(createOriginList(setting))).toEqual([
      ...[false, false, false],
    ]);
});
