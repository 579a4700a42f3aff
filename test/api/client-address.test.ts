/** Whom a limit by address is for: behind a proxy the caller, and never whom the caller names. */
import type { IncomingMessage } from 'node:http';
import { clientAddress } from '../../src/api/client-address';

const addressOf = (peer: string, forwarded?: string): string =>
  clientAddress({
    socket: { remoteAddress: peer },
    headers: { ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }) },
  } as unknown as IncomingMessage);

test.each([
  ['203.0.113.7', undefined, '203.0.113.7'],
  ['203.0.113.7', '198.51.100.1', '203.0.113.7'],
  ['::ffff:203.0.113.7', undefined, '203.0.113.7'],
  ['127.0.0.1', undefined, '127.0.0.1'],
  ['127.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['::ffff:10.1.2.3', '1.1.1.1, 198.51.100.1', '198.51.100.1'],
  ['fd00::1', '2001:db8::1', '2001:db8::1'],
  ['172.20.0.2', 'unknown', '172.20.0.2'],
  ['172.32.0.2', '198.51.100.1', '172.32.0.2'],
  ['2001:db8::5', '198.51.100.1', '2001:db8::5'],
])('%s with X-Forwarded-For %s is %s', (peer, forwarded, address) => {
  expect(addressOf(peer, forwarded)).toBe(address);
});
