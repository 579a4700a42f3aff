/** `tollkeeper stripe-sandbox` alone: no Postgres, no Temporal, nothing but this process. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { clientOf, until } from '../../support/sandbox/stand';

const PROGRAM = resolve(__dirname, '../../../bin/tollkeeper.js');
let folder = '';
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandbox-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

function run(...options: string[]) {
  const environment = { PATH: process.env.PATH };
  const child = spawn(process.execPath, [PROGRAM, 'stripe-sandbox', ...options], {
    env: environment,
  });
  children.push(child);
  const seen = { text: '' };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (seen.text += chunk.toString()));
  const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)));
  return { child, seen, ended };
}

async function started(...options: string[]) {
  const running = run('--port', '0', ...options);
  const address = () => /http:\/\/127\.0\.0\.1:(\d+)/.exec(running.seen.text);
  await until('all that it says', () => /forgets|remembers/.test(running.seen.text));
  const [url = '', port = '0'] = address() ?? [];
  return { ...running, url, ...clientOf({ url, port: Number(port) }) };
}

test('it says where it is, serves Stripe and its page, and keeps its state in a file', async () => {
  const data = join(folder, 'stripe.json');
  const first = await started('--data', data);
  expect(first.seen.text).toContain(`${first.url}/_sandbox/`);
  expect((await fetch(`${first.url}/`)).status).toBe(200);
  const { id } = await first.stripe.customers.create({ name: 'Ada' });
  first.child.kill('SIGTERM');
  expect(await first.ended).toBe(0);
  const second = await started('--data', data, '--summary-lag', '1.5');
  expect((await second.stripe.customers.retrieve(id)).id).toBe(id);
  expect(await second.control('GET', 'lag')).toMatchObject({ summaryLagMs: 1500 });
}, 30_000);

test.each([
  ['--port', '70000', 'expected a port from 0 (any free one) to 65535, got 70000'],
  ['--summary-lag', 'soon', 'expected a number of seconds, got soon'],
])(
  '%s %s is refused with what was expected',
  async (option, value, message) => {
    const { ended, seen } = run(option, value);
    expect(await ended).toBe(1);
    expect(seen.text).toContain(message);
  },
  30_000,
);

test('a port that is taken is said, not a stack', async () => {
  const { url } = await started();
  const { ended, seen } = run('--port', new URL(url).port);
  expect(await ended).toBe(1);
  expect(seen.text).toContain(`port ${new URL(url).port} of 127.0.0.1 is taken`);
  expect(seen.text).not.toContain('    at ');
}, 30_000);
