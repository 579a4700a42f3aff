/** What is the operator's own is told to nobody else: figures, reasons, addresses, the fee. */
import { request } from 'node:http';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { createApiKey } from '../../../src/db/api-keys';
import type { ApiScope } from '../../../src/db/api-keys';
import { appendAuditEntry } from '../../../src/db/audit-entries';
import { createPool } from '../../../src/db/pool';
import { createDashboardLinks } from '../../../src/links/signed-link';
import { startTestApi } from '../../support/api/api';
import type { TestApi } from '../../support/api/api';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await api.addCustomer('ada');
}, 60_000);
afterAll(() => api.close());

const keyOf = async (scopes: ApiScope[], customer?: string) =>
  (await createApiKey(api.pool, { name: 'k', scopes, customer })).key;

describe('/metrics', () => {
  test.each<[string, () => Promise<string | undefined>, number]>([
    ['without a key', async () => undefined, 401],
    ['with an unknown key', async () => 'tk_unknown', 401],
    ['with a key that records usage', () => keyOf(['ingest']), 403],
    ['with a customer’s key', () => keyOf(['read', 'ingest'], 'ada'), 403],
    ['with a key for it alone', () => keyOf(['metrics']), 200],
    ['with a key that reads', () => keyOf(['read']), 200],
    ['with an admin’s key', () => keyOf(['admin']), 200],
  ])('%s', async (_case, keyFor, status) => {
    const key = await keyFor();
    const response = await api.request('/metrics', key === undefined ? {} : { key });
    expect(response.status).toBe(status);
    expect((await response.text()).includes('tollkeeper_')).toBe(status === 200);
  });

  test('a key for it alone reads nothing else', async () => {
    const key = await keyOf(['metrics']);
    expect((await api.request('/v1/customers/ada', { key })).status).toBe(403);
  });
});

test('an API that is not ready tells why in its log alone', async () => {
  const lines: string[] = [];
  const output = new Writable({
    write: (line, _encoding, done) => {
      lines.push(String(line));
      done();
    },
  });
  const away = createPool({ connectionString: 'postgres://secret-user:x@127.0.0.1:1/secret-name' });
  const lost = await startTestApi({ pool: away, log: pino(output) });
  const response = await lost.request('/readyz');
  const text = await response.text();
  expect([response.status, JSON.parse(text)]).toMatchObject([503, { status: 'not_ready' }]);
  expect(text).not.toMatch(/ECONN|127\.0\.0\.1|secret/);
  expect(lines.join('')).toContain('ECONNREFUSED 127.0.0.1:1');
  await lost.close();
  await away.end();
});

describe('the platform’s part of a vendor’s sale', () => {
  beforeAll(async () => {
    const money = { grossCents: 1_000, feeCents: 87, earnedCents: 913, movedCents: 913 };
    await appendAuditEntry(api.pool, {
      ...{ customer: 'ada', key: 'v1', kind: 'vendor_entry' },
      detail: { vendor: 'acme', chargeId: 'ch_1', tokens: 5, feeOnRefund: 'keep', ...money },
    });
    await appendAuditEntry(api.pool, {
      ...{ customer: 'ada', key: 'v2', kind: 'vendor_charge' },
      detail: { vendor: 'acme', id: 's', amountCents: 1_000, feeCents: 87, shareCents: 913 },
    });
  });
  const auditBy = async (key: string, accept: string) =>
    (await api.request('/v1/customers/ada/audit', { key, headers: { accept } })).text();

  test.each(['application/x-ndjson', 'text/csv'])(
    'is kept from the buyer’s key (%s)',
    async (type) => {
      const text = await auditBy(await keyOf(['read'], 'ada'), type);
      expect(text).toContain('vendor_entry');
      expect(text).toContain('acme');
      expect(text).not.toMatch(/feeCents|feeOnRefund|share|earned|moved/i);
    },
  );

  test('is the operator’s to read', async () => {
    expect(await auditBy(api.keys.read, '*/*')).toMatch(/"feeCents":87[^]*"shareCents":913/);
  });
});

describe('without PUBLIC_URL', () => {
  /** fetch writes the Host by itself. */
  const linkFor = (host: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const asked = request(`${api.url}/v1/customers/ada/dashboard-link`, {
        method: 'POST',
        headers: { host, authorization: `Bearer ${api.keys.read}` },
      });
      asked.on('error', reject);
      asked.on('response', (response) => {
        let text = '';
        response.on('data', (chunk) => (text += String(chunk)));
        response.on('end', () => resolve((JSON.parse(text) as { url: string }).url));
      });
      asked.end();
    });

  test.each([
    'evil.example',
    'evil.example:443',
    '127.0.0.1.evil.example',
    'localhost.evil',
    '[::1]',
  ])('a link made under the Host %s leads to this machine', async (host) => {
    expect(await linkFor(host)).toMatch(`${api.url}/dashboard?token=`);
  });

  test('it leads where the caller was, where that is this machine by its own name', async () => {
    const { port } = new URL(api.url);
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, 'localhost'])
      expect(await linkFor(host)).toMatch(`http://${host}/dashboard?token=`);
  });
});

test('a link that works longer than any of ours does not work', async () => {
  const links = createDashboardLinks({ STRIPE_WEBHOOK_SECRET: 'whsec_test' });
  const openFor = async (days: number) => {
    const token = links.sign({
      subject: 'ada',
      expiresAt: new Date(Date.now() + days * 86_400_000),
    });
    return (await fetch(`${api.url}/dashboard?token=${token}`)).status;
  };
  expect([await openFor(6.9), await openFor(8), await openFor(20_000)]).toEqual([200, 403, 403]);
});
