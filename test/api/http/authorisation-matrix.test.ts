/**
 * Who may do what, in every cell: each operation of the OpenAPI document by each kind of key about
 * each customer. What is to be answered is read from the document, so that what it says of scopes
 * and of bound keys is what the guards do. The whole product answers.
 */
import { createDeadKeys, createMatrixKeys, mayPass } from '../../support/strangers/matrix-keys';
import type { MatrixKey } from '../../support/strangers/matrix-keys';
import {
  operationsOf,
  ownOperationsOf,
  readDocument,
} from '../../support/api/documented-operations';
import type { DocumentedOperation } from '../../support/api/documented-operations';
import { toldRefusal } from '../../support/api/told-refusal';
import { recordMountedRoutes } from '../../support/api/mounted-routes';
import type { MountedRoutes } from '../../support/api/mounted-routes';
import { startAttackedProduct } from '../../support/strangers/attacked-product';
import type { AttackedProduct } from '../../support/strangers/attacked-product';

const OWN = 'ada';
const CUSTOMERS = [OWN, 'bo', 'nobody'];

let mounted: MountedRoutes;
let attacked: AttackedProduct;
let operations: readonly DocumentedOperation[];
/** What is asked for by a token of the customer, and by no key. */
let ownOperations: readonly DocumentedOperation[];
let keys: readonly MatrixKey[];
let deadKeys: readonly MatrixKey[];

beforeAll(async () => {
  mounted = recordMountedRoutes();
  attacked = await startAttackedProduct();
  mounted.stop();
  const { product } = attacked;
  const document = await readDocument(product.apiUrl);
  operations = operationsOf(document);
  ownOperations = ownOperationsOf(document);
  keys = await createMatrixKeys(product.pool, OWN);
  deadKeys = await createDeadKeys(product.pool);
});
afterAll(() => attacked.stop());

interface Answer {
  readonly status: number;
  readonly code: string | undefined;
  readonly allow: string | null;
}

/** Nothing that is asked for can be done: who may ask is all that is looked at. */
async function ask(method: string, path: string, key: MatrixKey | undefined): Promise<Answer> {
  const { authorization } = key ?? {};
  const response = await fetch(attacked.product.apiUrl + path, {
    method,
    headers: {
      ...(authorization !== undefined && { authorization }),
      ...(['POST', 'PUT'].includes(method) && { 'content-type': 'application/json' }),
      ...(method === 'DELETE' && { 'idempotency-key': 'not one' }),
    },
    ...(['POST', 'PUT'].includes(method) && { body: '{}' }),
  });
  const text = await response.text();
  const { code } = response.status < 400 ? { code: undefined } : toldRefusal(text);
  return { status: response.status, code, allow: response.headers.get('allow') };
}

const about = (path: string, customer: string) =>
  path.replace('{customer}', customer).replace(/\{\w+\}/g, 'acme');

/** One cell for each customer whom the path can name; one if it names none. */
const cells = () =>
  operations.flatMap((operation) =>
    (operation.path.includes('{customer}') ? CUSTOMERS : [undefined]).map((customer) => ({
      ...{ operation, customer, path: about(operation.path, customer ?? OWN) },
    })),
  );

const cellName = ({ method }: DocumentedOperation, path: string, key: MatrixKey) =>
  `${method} ${path} by a key "${key.name}"`;

test('a key does what the document says of its scopes and its customer, and nothing else', async () => {
  let passed = 0;
  let refused = 0;
  for (const { operation, customer, path } of cells())
    for (const key of keys) {
      const { status, code } = await ask(operation.method, path, key);
      const cell = cellName(operation, path, key);
      if (mayPass(key, operation, customer)) {
        passed += 1;
        expect([cell, status, code]).not.toEqual([cell, 401, expect.anything()]);
        expect([cell, code]).not.toEqual([cell, 'forbidden']);
        expect([cell, Object.keys(operation.operation.responses)]).toEqual([
          ...[cell, expect.arrayContaining([String(status)])],
        ]);
        expect([cell, status < 500]).toEqual([cell, true]);
      } else {
        refused += 1;
        expect([cell, status, code]).toEqual([cell, 403, 'forbidden']);
      }
    }
  // As many as there are: a document without operations would agree with any guard.
  expect(passed + refused).toBe(cells().length * keys.length);
  expect([passed > 100, refused > 300]).toEqual([true, true]);
});

test('without a key that works nothing is done, and nothing is told', async () => {
  for (const { operation, path } of cells())
    for (const key of deadKeys) {
      const cell = cellName(operation, path, key);
      const { status, code } = await ask(operation.method, path, key);
      expect([cell, status, code]).toEqual([cell, 401, 'unauthorized']);
    }
});

test('a method that a path has not is 405 for whoever asks, and names those that it has', async () => {
  const admin = keys.find(({ scopes }) => scopes.includes('admin'));
  const all = [...operations, ...ownOperations];
  const paths = [...new Set(all.map(({ path }) => path))];
  for (const path of paths) {
    const methods = all.filter((one) => one.path === path).map(({ method }) => method);
    const foreign = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter(
      (method) => !methods.includes(method),
    );
    for (const method of foreign)
      for (const key of [admin, undefined]) {
        const place = `${method} ${about(path, OWN)} by ${key?.name ?? 'nobody'}`;
        const { status, allow } = await ask(method, about(path, OWN), key);
        expect([place, status, allow]).toEqual([place, 405, methods.join(', ')]);
      }
  }
});

test('no key opens what is a customer’s own, whatever its scopes', async () => {
  expect(ownOperations.length).toBeGreaterThan(5);
  for (const operation of ownOperations)
    for (const key of [...keys, ...deadKeys]) {
      const cell = cellName(operation, operation.path, key);
      const { status, code } = await ask(operation.method, operation.path, key);
      expect([cell, status, code]).toEqual([cell, 401, 'unauthorized']);
    }
});

/** Routes that are for no app: who may have them is said here, and each is asked below. */
const OPEN = [
  ...['/healthz', '/readyz', '/openapi.json', '/docs', '/docs/start.js'],
  '/vendor-onboarding/done',
];
const OF_PAGES = [
  ...['/docs/swagger-ui.css', '/docs/swagger-ui-bundle.js'],
  ...['/dashboard/dashboard.css', '/dashboard/address.js'],
];
const BY_LINK = [
  ...['/dashboard', '/dashboard/events', '/billing-portal'],
  ...['/vendor-dashboard', '/vendor-onboarding'],
];

/** The page asks for these by its token in a header, and no key stands for that. */
const OF_THE_PAGE = [
  ...['get /dashboard/standing', 'get /dashboard/invoices', 'post /dashboard/plan-price'],
  ...['post /dashboard/plan', 'post /dashboard/resumption', 'post /dashboard/checkout'],
  ...['post /dashboard/cancellation', 'delete /dashboard/cancellation'],
];

describe('beside the document', () => {
  const admin = () => keys.find(({ name }) => name === 'admin');
  const isOfTheApp = (name: string) => /^get \/dashboard\/(?:assets\/|app-)?[\w.-]+$/.test(name);

  test('there are only the routes that are named here', () => {
    const documented = [...operations, ...ownOperations].map(({ name }) => name);
    const named = [
      ...[...OPEN, ...OF_PAGES, ...BY_LINK, '/metrics'].map((path) => `get ${path}`),
      ...OF_THE_PAGE,
      'post /webhooks/stripe',
    ];
    const others = mounted.all().filter((name) => !documented.includes(name));
    expect(others.filter((name) => !named.includes(name) && !isOfTheApp(name))).toEqual([]);
    expect(named.filter((name) => !others.includes(name))).toEqual([]);
  });

  test('whoever asks is told what has no secret', async () => {
    for (const path of [...OPEN, ...OF_PAGES])
      expect([path, (await ask('GET', path, undefined)).status]).toEqual([path, 200]);
  });

  test('a page opens by its link, and by no key', async () => {
    for (const path of BY_LINK)
      for (const token of ['x', 'a.b', `${'a'.repeat(40)}.${'b'.repeat(43)}`]) {
        const { status } = await ask('GET', `${path}?token=${token}`, admin());
        expect([path, status]).toEqual([path, 403]);
      }
  });

  test('no key changes what the page changes, whatever its scopes', async () => {
    for (const name of OF_THE_PAGE)
      for (const key of [...keys, ...deadKeys, undefined]) {
        const [method = '', path = ''] = name.split(' ');
        const { status } = await ask(method.toUpperCase(), path, key);
        expect([name, key?.name, status]).toEqual([name, key?.name, 401]);
      }
  });

  test('figures of all customers are for keys that may read all of them', async () => {
    for (const key of [...keys, ...deadKeys]) {
      const isDead = deadKeys.includes(key);
      const mayRead = key.scopes.some((scope) => ['metrics', 'read', 'admin'].includes(scope));
      const passes = key.customer === undefined && mayRead;
      const { status } = await ask('GET', '/metrics', key);
      expect([key.name, status]).toEqual([key.name, isDead ? 401 : passes ? 200 : 403]);
    }
  });

  test('models are called by keys of customers whose scopes say so', async () => {
    for (const key of [...keys, ...deadKeys]) {
      const { status } = await ask('GET', '/openai/v1/models', key);
      const answer = deadKeys.includes(key) ? 401 : key.scopes.includes('proxy') ? 200 : 403;
      expect([key.name, status]).toEqual([key.name, answer]);
    }
  });

  test('Stripe’s door opens by a signature, and by no key', async () => {
    for (const key of [admin(), undefined])
      expect((await ask('POST', '/webhooks/stripe', key)).status).toBe(400);
  });

  test('anything else is not there', async () => {
    for (const path of ['/', '/v1', '/v1/keys', '/v1/customers/ada/keys', '/admin', '/.env'])
      for (const key of [admin(), undefined])
        expect([path, (await ask('GET', path, key)).status]).toEqual([path, 404]);
  });
});
