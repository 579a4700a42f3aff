/** The API's document says what there is: every route, no other, with schemas that hold. */
import Ajv2020 from 'ajv/dist/2020';
import type { TestApi } from '../support/api/api';
import { toldRefusal } from '../support/api/told-refusal';
import { startTestApi } from '../support/api/api';
import { recordMountedRoutes } from '../support/api/mounted-routes';
import type { MountedRoutes } from '../support/api/mounted-routes';

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

interface Operation {
  readonly operationId: string;
  readonly security: readonly [
    {
      readonly apiKey?: readonly ['ingest' | 'read' | 'admin'];
      readonly customerToken?: readonly string[];
    },
  ];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, unknown>>;
}

let mounted: MountedRoutes;
let api: TestApi;
let document: Document;
beforeAll(async () => {
  mounted = recordMountedRoutes();
  api = await startTestApi();
  mounted.stop();
  document = (await (await fetch(`${api.url}/openapi.json`)).json()) as Document;
});
afterAll(() => api.close());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
  );

test('it names every route of the API, and no other', () => {
  const routes = mounted.operations();
  expect(routes.length).toBeGreaterThan(10);
  expect(
    operations()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(routes);
});

test('what it names is there, and asks for a key or a token', async () => {
  for (const { name } of operations()) {
    const [method = '', path = ''] = name.split(' ');
    const asked = { method: method.toUpperCase() };
    const response = await api.request(path.replaceAll('{customer}', 'ada'), asked);
    expect([name, response.status]).toEqual([name, 401]);
  }
});

test('it says which scope a key needs: with any lesser one, the answer is 403', async () => {
  for (const { name, operation } of operations()) {
    const [method = '', path = ''] = name.split(' ');
    const [scope] = operation.security[0].apiKey ?? [];
    if (scope === undefined) continue;
    const others = (['ingest', 'read'] as const).filter((other) => other !== scope);
    for (const other of others) {
      const asked = { method: method.toUpperCase(), key: api.keys[other] };
      const response = await api.request(path.replaceAll('{customer}', 'ada'), asked);
      const { code, detail } = toldRefusal(await response.text());
      expect([name, code, detail]).toEqual([
        ...[name, 'forbidden'],
        `The API key "${other}" has the scopes ${other}: this needs ${scope}.`,
      ]);
    }
  }
});

test('operations have names of their own, and tell their problems', () => {
  const all = operations().map(({ operation }) => operation);
  const ids = all.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { operationId, responses } of all)
    expect([operationId, Object.keys(responses)]).toEqual([
      operationId,
      expect.arrayContaining(['401', '403', '400' in responses ? '400' : '422']),
    ]);
});

test('what may be asked for twice takes an Idempotency-Key', () => {
  const keyed = operations()
    .filter(({ operation }) => operation.parameters?.some(({ name }) => name === 'Idempotency-Key'))
    .map(({ operation }) => operation.operationId);
  expect(keyed.sort()).toEqual([
    'cancelSubscription',
    'changeOwnPlan',
    'changePlan',
    'changeSubscription',
    'chargeForVendor',
    'grantTokens',
    'openCheckout',
    'openOwnCheckout',
    'pauseDunning',
    'resolveException',
  ]);
});

test('its schemas are valid and resolve', () => {
  expect(document.openapi).toBe('3.1.0');
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(document, 'openapi');
  const { schemas } = document.components;
  for (const name of Object.keys(schemas)) {
    const pointer = `openapi#/components/schemas/${name}`;
    expect(() => ajv.compile({ $ref: pointer })).not.toThrow();
  }
  const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)];
  expect(references.map(([, name]) => name).filter((name) => !(String(name) in schemas))).toEqual(
    [],
  );
});

test.each([
  [
    'UsageEvent',
    { id: 'a', customer: 'ada', model: 'm', tokens: { input: 1 } },
    { id: 'a', customer: 'ada', model: 'm', tokens: { input: -1 } },
  ],
  ['PlanChangeRequest', { plan: 'pro' }, { plan: 'pro', when: 'soon' }],
  ['SubscriptionAction', { action: 'pause' }, { action: 'explode' }],
  ['GrantRequest', { id: 'a', tokens: 1, reason: 'r' }, { id: 'a', tokens: 0, reason: 'r' }],
  [
    'ResolutionRequest',
    { exception: 'invoice_differs', subject: 'in_1', resolution: 'correct', reason: 'r' },
    { exception: 'invoice_differs', subject: 'in_1', resolution: 'ignore', reason: 'r' },
  ],
  [
    'DunningPauseRequest',
    { invoice: 'in_1', until: null, reason: 'r' },
    { invoice: 'in_1', reason: 'r' },
  ],
])('%s takes %j and not %j', (name, good, bad) => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(document, 'openapi');
  const validate = ajv.compile({ $ref: `openapi#/components/schemas/${name}` });
  expect([validate(good), validate(bad)]).toEqual([true, false]);
});

test('people read it at /docs, with nothing from elsewhere', async () => {
  expect(JSON.stringify(await (await fetch(`${api.url}/docs`)).text())).toContain('swagger-ui');
  expect((await fetch(`${api.url}/docs/swagger-ui-bundle.js`)).status).toBe(200);
});
