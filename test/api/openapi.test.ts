/** The API's document says what there is: every route, no other, with schemas that hold. */
import Ajv2020 from 'ajv/dist/2020';
import { Router } from 'express';
import type { IRoute } from 'express';
import type { TestApi } from '../support/api';
import { startTestApi } from '../support/api';

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, unknown>>;
}

/** Answered without Express, because they are called so often. */
const LEAN = ['post /v1/usage', 'post /api/v1/events'];

const mounted: IRoute[] = [];
let api: TestApi;
let document: Document;
beforeAll(async () => {
  const routers = Router.prototype as unknown as { route(path: string): IRoute };
  const route = routers.route;
  const spy = jest.spyOn(routers, 'route').mockImplementation(function (this: unknown, path) {
    const made = route.call(this as typeof routers, path);
    mounted.push(made);
    return made;
  });
  api = await startTestApi();
  spy.mockRestore();
  document = (await (await fetch(`${api.url}/openapi.json`)).json()) as Document;
});
afterAll(() => api.close());

/** `/v1/customers/:customer` as the document writes it. */
const operationsMounted = () =>
  mounted
    .filter(({ path }) => path.startsWith('/v1/'))
    .flatMap(({ path, stack }) =>
      stack.map(({ method }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`),
    );

const operations = () =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
  );

test('it names every route of the API, and no other', () => {
  const routes = [...new Set([...LEAN, ...operationsMounted()])].sort();
  expect(routes.length).toBeGreaterThan(10);
  expect(
    operations()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(routes);
});

test('what it names is there, and asks for a key', async () => {
  for (const { name } of operations()) {
    const [method = '', path = ''] = name.split(' ');
    const asked = { method: method.toUpperCase() };
    const response = await api.request(path.replaceAll('{customer}', 'ada'), asked);
    expect([name, response.status]).toEqual([name, 401]);
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

test('what may be asked for twice takes an Idempotency-Key; a grant has its own id', () => {
  const keyed = operations()
    .filter(({ operation }) => operation.parameters?.some(({ name }) => name === 'Idempotency-Key'))
    .map(({ operation }) => operation.operationId);
  expect(keyed.sort()).toEqual([
    'cancelSubscription',
    'changePlan',
    'changeSubscription',
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
