/** Beside ten clients that do their worst every request of a good one is done, once. */
import { ABUSERS, abuse } from '../../../bench/abuse/abusers';
import { createDashboardLinks, createPortalLinks } from '../../../src/links/signed-link';
import { createApiKey } from '../../../src/db/api-keys';
import { startTestApi } from '../../support/api/api';
import type { TestApi } from '../../support/api/api';

const EVENTS = 40;
const config = {
  ...{ STRIPE_WEBHOOK_SECRET: 'whsec_test', LIMIT_USAGE_PER_SECOND: 100 },
  ...{ LIMIT_READS_PER_SECOND: 10, LIMIT_VISITS_PER_SECOND: 10, LIMIT_REFUSALS_PER_SECOND: 2 },
};

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ config });
  await api.addCustomer('ada');
  await api.addCustomer('mallory');
});
afterAll(() => api.close());

async function aTarget() {
  const keyOf = async (scope: 'ingest' | 'read' | 'proxy') =>
    (await createApiKey(api.pool, { name: scope, scopes: [scope], customer: 'mallory' })).key;
  const link = { subject: 'mallory', expiresAt: new Date(Date.now() + 3_600_000) };
  return {
    url: api.url,
    ingestKey: await keyOf('ingest'),
    readKey: await keyOf('read'),
    proxyKey: await keyOf('proxy'),
    pageLink: `/dashboard?token=${createDashboardLinks(config).sign(link)}`,
    portalLink: `/billing-portal?token=${createPortalLinks(config).sign(link)}`,
  };
}

test('there are ten', () => {
  expect(Object.keys(ABUSERS)).toHaveLength(10);
});

test('forty usage events are recorded while ten abusers are at it', async () => {
  const stopping = new AbortController();
  const abusing = abuse(await aTarget(), stopping.signal);
  const statuses: number[] = [];
  for (let index = 0; index < EVENTS; index += 1) {
    const event = { id: `good-${index}`, customer: 'ada', model: 'm', tokens: { input: 1 } };
    statuses.push((await api.postUsage(event)).status);
  }
  stopping.abort();
  const answers = await abusing;
  expect(new Set(statuses)).toEqual(new Set([202]));
  const { rows } = await api.pool.query(
    `select count(*)::int as events from usage_events where customer = 'ada'`,
  );
  expect(rows).toEqual([{ events: EVENTS }]);
  expect([...answers.keys()].filter((answer) => /: 50[0-2]/.test(answer))).toEqual([]);
}, 60_000);
