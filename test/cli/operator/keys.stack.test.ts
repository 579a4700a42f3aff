/** `tollkeeper keys` as an operator runs it: what it makes works, what it must not it refuses. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startTestApi } from '../../support/api/api';
import type { TestApi } from '../../support/api/api';

const PROGRAM = join(__dirname, '..', '..', '..', 'bin', 'tollkeeper.js');
const OPENAI_KEY = 'sk-proj-an-app-has-it-already-0001';

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
  await api.addCustomer('ada');
  await api.addCustomer('bob');
});

afterAll(() => api.close());

async function keys(args: string, input = '') {
  const child = spawn(process.execPath, [PROGRAM, 'keys', ...args.split(' ')], {
    env: {
      ...process.env,
      DATABASE_URL: api.pool.options.connectionString,
      STRIPE_SECRET_KEY: 'sk_test_none',
      STRIPE_WEBHOOK_SECRET: 'whsec_none',
    },
  });
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await ended, out: out.trim(), error: error.trim() };
}

const readUsage = async (key: string, customer: string) =>
  (await api.request(`/v1/customers/${customer}/access`, { key })).status;

test('a key for one customer reads that one, is listed with it, and ends when revoked', async () => {
  const { out: key } = await keys('create --name of-ada --customer ada --scope ingest,read');
  expect(await readUsage(key, 'ada')).toBe(200);
  expect(await readUsage(key, 'bob')).toBe(403);
  const { out: list } = await keys('list');
  const line = list.split('\n').find((each) => each.endsWith('of-ada')) ?? '';
  expect(line).toMatch(/ingest,read {2}customer ada {2}of-ada$/);
  expect(list).toMatch(/ {2}every customer {2}/);
  expect(list).not.toContain(key);
  const [id] = line.split(' ');
  expect((await keys(`revoke ${id}`)).code).toBe(0);
  expect((await keys(`revoke ${id}`)).code).toBe(1);
  expect((await keys('list')).out).toMatch(/of-ada {2}revoked /);
});

test('a key that an app has already is registered by its hash alone', async () => {
  const create = 'create --name app --customer ada --scopes read,proxy --existing';
  const { out } = await keys(create, `${OPENAI_KEY}\n`);
  expect(out).toMatch(/^Registered as [0-9a-f-]{36}\.$/);
  expect(await readUsage(OPENAI_KEY, 'ada')).toBe(200);
  const { rows } = await api.pool.query<{ row: string }>(
    'select api_keys::text as row from api_keys',
  );
  expect(rows.some(({ row }) => row.includes(OPENAI_KEY))).toBe(false);
  expect(await keys(create, OPENAI_KEY)).toMatchObject({
    code: 1,
    error: expect.stringContaining('registered already'),
  });
});

test.each([
  ['admin for one customer', 'create --name k --customer ada --scopes admin', ''],
  ['proxy for nobody', 'create --name k --scopes proxy', ''],
  ['a customer that there is not', 'create --name k --customer eve --scopes read', ''],
  ['a scope that there is not', 'create --name k --scopes write', ''],
  ['a short secret', 'create --name k --scopes read --existing', 'sk-short'],
  ['no secret', 'create --name k --scopes read --existing', ''],
  ['two secrets', 'create --name k --scopes read --existing', `${OPENAI_KEY}\n${OPENAI_KEY}`],
  ['one that looks like ours', 'create --name k --scopes read --existing', `tk_${OPENAI_KEY}`],
])('it refuses %s, and says why', async (_what, args, input) => {
  const refused = await keys(args, input);
  expect(refused).toMatchObject({ code: 1, out: '' });
  expect(refused.error).not.toMatch(/\n\s+at |sk-/);
});
