/**
 * Goal: three minutes in which everything is broken that can be, in four places at once, while
 * months are billed: in the end ledger, workflow, meter, invoice and oracle agree to the cent.
 * `npm run chaos -- --seed N --minutes 60` plays more, on a larger cluster.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../../bench/chaos/report';
import { LEADING_AWAY } from '../support/stack/development-stack';

const SEED = 1;
const MINUTES = 3;
/** The first time Go builds Temporal's server and Toxiproxy. */
const LIMIT_MS = 1_500_000;
const PLACES = [/^SIGKILL /, /^SIGSTOP /, /^(cut|slow|swallowed) /, /^Stripe /, /^webhooks /];

const root = join(__dirname, '..', '..');
const dir = mkdtempSync(join(tmpdir(), 'tollkeeper-drill-'));
const ends: (() => void)[] = [];
afterAll(() => ends.forEach((end) => end()));

test(
  'what is broken for three minutes costs no token and no cent',
  async () => {
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !LEADING_AWAY.test(name)),
    );
    const child = spawn(
      process.execPath,
      [
        ...[join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs'), join('bench', 'chaos', 'run.ts')],
        ...['--seed', String(SEED), '--minutes', String(MINUTES), '--small', '--dir', dir],
      ],
      { cwd: root, env },
    );
    ends.push(() => child.exitCode === null && child.kill('SIGTERM'));
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(child, 'exit')) as [number | null];
    // What was played and found, with the end of what was told, is the failure's text.
    if (code !== 0) throw new Error(`The drill ended with ${code}; logs in ${dir}:\n${output}`);

    const report = JSON.parse(readFileSync(join(dir, `seed-${SEED}.json`), 'utf8')) as Report;
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    const kinds = report.faults.flatMap(({ kind, refused }) => (refused ? [] : [kind]));
    for (const place of PLACES) expect(kinds).toContainEqual(expect.stringMatching(place));
    // A clock that goes over a whole month was among them.
    expect(report.months).toBeGreaterThan(2);
    await rm(dir, { recursive: true, force: true });
  },
  LIMIT_MS,
);
