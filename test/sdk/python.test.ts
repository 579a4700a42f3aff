/**
 * Goal: the SDK for Python is right by its own tests, and understands the real API.
 * Method: pytest with the real clients of providers, the newest and those of one major before,
 * against stand-ins of the providers on this machine.
 */
import { startTestApi } from '../support/api/api';
import type { TestApi } from '../support/api/api';
import { findPython, runPython } from '../support/sdk/python';

const LIMIT_MS = 900_000;
const PYTEST = ['-m', 'pytest', '-p', 'no:cacheprovider'];

let python: string;
let api: TestApi;

beforeAll(async () => {
  python = await findPython();
  api = await startTestApi();
  for (const customer of ['ada', 'bo']) await api.addCustomer(customer);
}, LIMIT_MS);

afterAll(() => api.close());

test(
  'its own tests pass with the newest clients',
  async () => {
    expect(await runPython(python, [...PYTEST, 'tests'])).toContain(' passed');
  },
  LIMIT_MS,
);

test(
  'its meters are right with the clients of one major before',
  async () => {
    const older = await findPython('before');
    const files = ['openai', 'anthropic', 'gemini', 'providers', 'frameworks'];
    const paths = files.map((name) => `tests/test_${name}.py`);
    expect(await runPython(older, [...PYTEST, ...paths])).toContain(' passed');
  },
  LIMIT_MS,
);

test(
  'its types and its style are clean',
  async () => {
    expect(await runPython(python, ['-m', 'mypy'])).toContain('Success');
    await runPython(python, ['-m', 'ruff', 'check', '--no-cache', '.']);
    await runPython(python, ['-m', 'ruff', 'format', '--no-cache', '--check', '.']);
  },
  LIMIT_MS,
);

test('usage that it records is in the ledger of the real API, once', async () => {
  const { ingest, read } = api.keys;
  const keys = { INGEST_KEY: ingest, READ_KEY: read };
  await runPython(python, [...PYTEST, 'tests/real'], { TOLLKEEPER_URL: api.url, ...keys });
  const { rows } = await api.pool.query(
    `select id, customer, input, output, cache_read as "cacheRead", reasoning
     from usage_events order by id`,
  );
  expect(rows).toEqual([
    ...['python-1', 'python-2'].map((id) => ({
      ...{ id, customer: 'ada', input: '100', output: '20', cacheRead: '3', reasoning: '5' },
    })),
  ]);
});
