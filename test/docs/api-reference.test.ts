/** Goal: docs/reference/api.md is what the API's own document says, and leaves no request out. */
import { pino } from 'pino';
import { createApp } from '../../src/api/app';
import { apiReference } from '../../src/cli/openapi/openapi';
import { createPool } from '../../src/db/pool';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { createStripe } from '../../src/stripe/client';
import { recordMountedRoutes } from '../support/api/mounted-routes';
import { anchorsOf, readText } from './documents';

const reference = readText('docs/reference/api.md');

test('it is what `npx tollkeeper openapi --markdown` prints', () => {
  expect(reference).toBe(apiReference());
});

/** Made and not served: nothing is asked of the database. */
async function routesOfApi(): Promise<string[]> {
  const mounted = recordMountedRoutes();
  const nothing = async () => undefined as never;
  createApp({
    pool: createPool({ connectionString: 'postgres://127.0.0.1:1/none' }),
    log: pino({ level: 'silent' }),
    catalog: await loadCatalog('catalog.yaml'),
    clocks: { now: async () => new Date() },
    stripe: createStripe({ secretKey: 'sk_test_none' }),
    isTestMode: true,
    startBilling: nothing,
    adoptSubscription: async () => null,
    readSubscriptionAgain: nothing,
    startPayout: nothing,
    vendorChanged: nothing,
    updates: {
      ...{ changePlan: nothing, changeSubscription: nothing, grantTokens: nothing },
      ...{ resolveException: nothing, pauseDunning: nothing },
    },
    openExceptions: { customers: nothing, of: nothing },
    config: { STRIPE_WEBHOOK_SECRET: 'whsec_test' },
  });
  mounted.stop();
  return mounted.operations();
}

const section = (route: string): string | undefined => {
  const [method = '', path = ''] = route.split(' ');
  const named = `\`${method.toUpperCase()} ${path}\`, `;
  return reference.split('\n### ').find((text) => text.includes(named));
};

test('every request of the API has a section: who may, example, answer, problems', async () => {
  const routes = await routesOfApi();
  expect(routes.length).toBeGreaterThan(20);
  const incomplete = routes.filter((route) => {
    const text = section(route) ?? '';
    const who = /scope `(ingest|read|admin)`|by a customer's token/;
    return ![who, /```sh\ncurl /, /\*\*2\d\d\*\* /, /\| 403 \| /].every((part) => part.test(text));
  });
  expect(incomplete).toEqual([]);
});

test('a request, an object: each heading is there once, so that links lead to one place', () => {
  const anchors = anchorsOf(reference.replaceAll(/```[^]*?```/g, ''));
  expect(anchors.filter((anchor, index) => anchors.indexOf(anchor) !== index)).toEqual([]);
});

test('no field of a request is without a meaning', () => {
  const bodies = reference.split('\n**Body**').slice(1);
  const told = bodies.map((text) => text.split(/\n\*\*|\n## /)[0] as string);
  const rows = told.flatMap((text) => [...text.matchAll(/^\| `([^`]+)` \| (.*?) \| (.*) \|$/gm)]);
  const silent = rows.filter(
    ([, , type, meaning]) => meaning === '' && !/^`\w+`$/.test(type ?? ''),
  );
  expect(silent.map(([row]) => row)).toEqual([]);
});
