/** Goal: one command gives a developer everything, keeps it over restarts, and cleans up. */
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { removeDataFolder } from '../../src/dev/postgres/run-as';
import { running, startDevelopmentStack, startProgram } from '../support/stack/development-stack';
import type { DevelopmentStack } from '../support/stack/development-stack';
import { eventually } from '../support/stack/eventually';

const dir = mkdtempSync(join(tmpdir(), 'tollkeeper-dev-'));
const CHILDREN = ['api', 'postgres', 'temporal', 'worker'];
const LIMIT_MS = 180_000;

// The tests tell one story, in this order: each starts where the one before ended.
let stack: DevelopmentStack | undefined;
afterAll(async () => {
  await stack?.end('SIGTERM');
  await removeDataFolder(join(dir, 'postgres'));
  await rm(dir, { recursive: true, force: true });
});

const theStack = (): DevelopmentStack => {
  if (!stack) throw new Error('The test before this one started no stack.');
  return stack;
};

async function query(databaseUrl: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

test(
  'the first start tells where everything is, and it all answers',
  async () => {
    stack = await startDevelopmentStack(dir);
    const { info } = stack;
    expect(Object.keys(info)).toEqual([
      ...['apiUrl', 'adminKey', 'ingestKey', 'dashboardUrl', 'databaseUrl', 'temporalAddress'],
      ...['temporalNamespace', 'temporalUiUrl', 'stripeApiBase', 'stripeSecretKey'],
      ...['stripeWebhookSecret', 'mailUrl', 'pid'],
    ]);
    const { apiUrl, mailUrl, dashboardUrl, temporalUiUrl } = info;
    const pages = [`${apiUrl}/readyz`, `${mailUrl}messages.json`, dashboardUrl, temporalUiUrl];
    for (const page of pages) expect((await fetch(String(page))).status).toBe(200);
    expect(Object.keys(await stack.pids()).sort()).toEqual(CHILDREN);
  },
  LIMIT_MS,
);

test(
  'a second stack on the same folder is refused, in one sentence',
  async () => {
    await expect(startDevelopmentStack(dir)).rejects.toThrow(
      `A stack (pid ${theStack().info.pid}) is already running in ${dir}`,
    );
    expect((await fetch(`${theStack().info.apiUrl}/readyz`)).status).toBe(200);
  },
  LIMIT_MS,
);

test.each(['api', 'temporal'])(
  'a killed %s comes back at the same address',
  async (name) => {
    const before = await theStack().pids();
    process.kill(Number(before[name]), 'SIGKILL');
    await eventually(
      () => theStack().pids(),
      (pids) => pids[name] !== before[name],
      60_000,
    );
    const url = name === 'api' ? `${theStack().info.apiUrl}/readyz` : theStack().info.temporalUiUrl;
    await eventually(
      async () => (await fetch(String(url))).status,
      (status) => status === 200,
      60_000,
    );
  },
  LIMIT_MS,
);

test(
  'Ctrl-C ends every process, without an error',
  async () => {
    const pids = await theStack().pids();
    const { databaseUrl } = theStack().info;
    await query(
      databaseUrl,
      `insert into customers (customer, email, plan) values ('a', 'b', 'c')`,
    );
    expect(await theStack().end('SIGINT')).toBe(0);
    expect(await running(pids)).toEqual([]);
  },
  LIMIT_MS,
);

test(
  'Ctrl-C while it starts leaves nothing behind either',
  async () => {
    const { pids, end } = startProgram(dir);
    const some = await eventually(pids, (started) => 'temporal' in started, LIMIT_MS);
    expect(await end('SIGINT')).toBe(130);
    await eventually(
      () => running(some),
      (left) => left.length === 0,
    );
  },
  LIMIT_MS,
);

test(
  'a second start has the same data, keys and addresses',
  async () => {
    const before = theStack().info;
    stack = await startDevelopmentStack(dir);
    expect(stack.info).toEqual({ ...before, pid: stack.info.pid });
    expect(await query(before.databaseUrl, 'select customer from customers')).toHaveLength(1);
  },
  LIMIT_MS,
);

test(
  'what a killed stack left behind is ended by the next start; --reset forgets the data',
  async () => {
    const left = await theStack().pids();
    expect(await theStack().end('SIGKILL')).toBe('SIGKILL');
    const before = theStack().info;
    stack = await startDevelopmentStack(dir, ['--reset']);
    expect(await running(left)).toEqual([]);
    expect(stack.info.adminKey).not.toBe(before.adminKey);
    expect(await query(stack.info.databaseUrl, 'select customer from customers')).toEqual([]);
  },
  LIMIT_MS,
);
