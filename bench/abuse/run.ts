/**
 * `npm run abuse`: the p99 of a good client by itself, and beside ten abusers that are a process of
 * their own, in turns, because the machine is never the same for two minutes.
 */
import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import { createApiKey } from '../../src/db/api-keys';
import { createPool } from '../../src/db/pool';
import { createDashboardLinks, createPortalLinks } from '../../src/links/signed-link';
import { median, pairedRatio, percentile, readable } from '../figures';
import { startSurroundings } from '../surroundings';
import type { Surroundings } from '../surroundings';
import { abuse, ABUSERS } from './abusers';
import type { Target } from './abusers';

const ROUNDS = 3;
const REQUESTS = 400;
const EVERY_MS = 15;
/** What was saved up for a burst is gone by then. */
const WARM_UP_MS = 10_000;
const RATIO_MAX = 3;
const LINKS = { STRIPE_WEBHOOK_SECRET: 'whsec_none', DASHBOARD_SECRET: 'a secret of the abuse' };

async function run(names: readonly string[]): Promise<void> {
  const surroundings = await startSurroundings((line) => console.error(`· ${line}`));
  const spool = await mkdtemp(join(tmpdir(), 'tollkeeper-abuse-'));
  try {
    await measure(surroundings, spool, names);
  } finally {
    await surroundings.stop();
    await rm(spool, { recursive: true, force: true });
  }
}

async function measure(
  surroundings: Surroundings,
  spool: string,
  names: readonly string[],
): Promise<void> {
  const ledger = await surroundings.createLedger('abuse');
  const pool = createPool({ connectionString: ledger.databaseUrl, max: 2 });
  const env = {
    ...{ LIMIT_USAGE_PER_SECOND: '2000', DASHBOARD_SECRET: LINKS.DASHBOARD_SECRET },
    // Nobody is there: what an upload costs us is what is looked at.
    ...{ OPENAI_UPSTREAM_URL: 'http://127.0.0.1:9/v1', OPENAI_UPSTREAM_API_KEY: 'sk-none' },
    OPENAI_SPOOL_DIRECTORY: spool,
  };
  const api = await surroundings.run({ name: 'abused-api', args: ['api'], ledger, env });
  const target = await prepare(pool, api.url);
  const quietMs: number[] = [];
  const abusedMs: number[] = [];
  await goodP99(api.url, ledger.ingestKey);
  for (let round = 1; round <= ROUNDS; round += 1) {
    quietMs.push(await goodP99(api.url, ledger.ingestKey));
    const abusers = fork(__filename, ['abusers', JSON.stringify(target), ...names]);
    await pause(WARM_UP_MS);
    abusedMs.push(await goodP99(api.url, ledger.ingestKey));
    const gone = new Promise((resolve) => abusers.once('exit', resolve));
    abusers.send('stop');
    await gone;
    console.error(
      `· Round ${round}: ${readable(quietMs.at(-1) ?? 0)} ms quiet, beside ten abusers`,
    );
    console.error(`  ${readable(abusedMs.at(-1) ?? 0)} ms`);
  }
  await pool.end();
  const ratio = pairedRatio(abusedMs, quietMs);
  console.log(`p99 of a good client, quiet:             ${readable(median(quietMs))} ms`);
  console.log(`p99 of a good client, beside ten abusers: ${readable(median(abusedMs))} ms`);
  console.log(`ratio: ${readable(ratio)}, expected at most ${RATIO_MAX}`);
  if (ratio > RATIO_MAX) process.exitCode = 1;
}

/** So many requests at their times, whether those before were answered or not. */
async function goodP99(url: string, key: string): Promise<number> {
  const begun = performance.now();
  const took: Promise<number>[] = [];
  for (let index = 0; index < REQUESTS; index += 1) {
    await pause(Math.max(0, begun + index * EVERY_MS - performance.now()));
    took.push(oneEvent(url, key, `good-${begun}-${index}`));
  }
  return percentile(await Promise.all(took), 99);
}

async function oneEvent(url: string, key: string, id: string): Promise<number> {
  const startedAt = performance.now();
  const response = await fetch(`${url}/v1/usage`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ id, customer: 'ada', model: 'm', tokens: { input: 1 } }),
  });
  await response.arrayBuffer();
  if (response.status !== 202) throw new Error(`A good request was told ${response.status}.`);
  return performance.now() - startedAt;
}

async function prepare(pool: Pool, url: string): Promise<Target> {
  await pool.query(
    `insert into customers (customer, email, plan, subscription_id, billing_status,
                            stripe_customer_id)
     select customer, 'ada@example.com', 'starter', customer, 'active', customer
       from unnest(array['ada', 'mallory']) as customer`,
  );
  const keyOf = async (scope: 'ingest' | 'read' | 'proxy') =>
    (await createApiKey(pool, { name: scope, scopes: [scope], customer: 'mallory' })).key;
  const link = { subject: 'mallory', expiresAt: new Date(Date.now() + 3_600_000) };
  return {
    url,
    ingestKey: await keyOf('ingest'),
    readKey: await keyOf('read'),
    proxyKey: await keyOf('proxy'),
    pageLink: `/dashboard?token=${createDashboardLinks(LINKS).sign(link)}`,
    portalLink: `/billing-portal?token=${createPortalLinks(LINKS).sign(link)}`,
  };
}

async function runAbusers(target: Target, names: readonly string[]): Promise<void> {
  const stopping = new AbortController();
  process.once('message', () => stopping.abort());
  process.once('disconnect', () => stopping.abort());
  const counts = await abuse(target, stopping.signal, names);
  for (const [answer, count] of [...counts].sort()) console.error(`    ${answer} × ${count}`);
  process.exit(0);
}

const [role, target, ...others] = process.argv.slice(2);
/** These abusers alone, or all of them. */
const namesOf = (names: readonly string[]) => (names.length > 0 ? names : Object.keys(ABUSERS));
void (role === 'abusers'
  ? runAbusers(JSON.parse(String(target)) as Target, others)
  : run(namesOf(process.argv.slice(2))));
