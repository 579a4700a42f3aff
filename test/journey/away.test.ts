/**
 * Goal: a day without Postgres around the end of a month loses nothing, bills nothing twice, lets
 * no wrong invoice go, is caught up with within minutes, and is told.
 * `npm run away -- --of temporal` and `--of stripe` play the other two, and the month after.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '../../bench/away/away';
import { LEADING_AWAY } from '../support/stack/development-stack';

/** The first time Go builds Temporal's server and Toxiproxy. */
const LIMIT_MS = 1_500_000;

const root = join(__dirname, '..', '..');
const dir = mkdtempSync(join(tmpdir(), 'tollkeeper-away-'));
const ends: (() => void)[] = [];
afterAll(() => ends.forEach((end) => end()));

test(
  'a day without Postgres costs no token and no cent, and is told',
  async () => {
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !LEADING_AWAY.test(name)),
    );
    const child = spawn(
      process.execPath,
      [
        ...[join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs'), join('bench', 'away', 'run.ts')],
        ...['--of', 'postgres', '--short', '--dir', dir],
      ],
      { cwd: root, env },
    );
    ends.push(() => child.exitCode === null && child.kill('SIGTERM'));
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`The day ended with ${code}; logs in ${dir}:\n${output}`);

    const report = JSON.parse(readFileSync(join(dir, 'postgres-1.json'), 'utf8')) as Report;
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    // It was refused usage meanwhile, and sent it again.
    expect(report.answers).toMatchObject({ 202: expect.any(Number), 503: expect.any(Number) });
    await rm(dir, { recursive: true, force: true });
  },
  LIMIT_MS,
);
