/** The doctor's look at the database: is the ledger whole, and does everything move on from it? */
import type { Pool } from 'pg';
import { readBillingGauges } from '../../db/billing-gauges';
import { readPipelineLag } from '../../db/pipeline-lag';
import { describeHolder, endingOf, readSealingHolders } from '../../db/sealing-holders';
import { readSealingRange } from '../../db/sealing-state';
import { listQuarantined } from '../../db/usage-quarantine';
import { assertSameCluster } from '../../ingest/sealing';
import { PASS_SECONDS_MAX } from '../../ingest/sealing-watch';
import { critical, warning } from './finding';
import { partitionFindings } from './ledger';
import type { Check, Finding } from './finding';

const LAG_SECONDS_MAX = 60;
const PASSED_OVER_SECONDS_MAX = 60;
const INBOX_SECONDS_MAX = 15 * 60;
const RECONCILIATION_SECONDS_MAX = 36 * 60 * 60;

const DATABASE = 'database';

export const databaseChecks = (pool: Pool): Check[] => [
  {
    name: 'the ledger',
    of: DATABASE,
    look: async () => {
      assertSameCluster(await readSealingRange(pool));
      return [];
    },
  },
  { name: 'the partitions of the ledger', of: DATABASE, look: () => partitionFindings(pool) },
  { name: 'sealing and forwarding', of: DATABASE, look: () => pipelineFindings(pool) },
  { name: 'the quarantine', of: DATABASE, look: () => quarantineFindings(pool) },
  { name: 'what waits', of: DATABASE, look: () => waitingFindings(pool) },
];

async function sealingFindings(pool: Pool, lagSeconds: number): Promise<Finding[]> {
  const { passSeconds, holders, passedOver } = await readSealingHolders(pool);
  const waited = `usage has waited ${Math.round(lagSeconds)} s to be sealed`;
  const findings = passedOver
    .filter(({ since }) => since === null || ageSeconds(since) > PASSED_OVER_SECONDS_MAX)
    .map((holder) =>
      warning(
        DATABASE,
        `usage is written and not committed by ${describeHolder(holder)}; no other waits for it`,
        `Commit it there, or end it: ${endingOf(holder)}.`,
      ),
    );
  const isLong = passSeconds > PASS_SECONDS_MAX;
  const isBehind = lagSeconds > LAG_SECONDS_MAX;
  // A pass that has only just begun is what makes up for it: nobody is told to end that.
  const inTheWay = holders.filter(({ isPass }) => isLong || (isBehind && !isPass));
  for (const holder of inTheWay)
    findings.push(
      critical(
        DATABASE,
        `sealing is held up, for ${Math.round(passSeconds)} s, by ${describeHolder(holder)}; ${waited}`,
        `End it: ${endingOf(holder)}.`,
      ),
    );
  if (isBehind && inTheWay.length === 0)
    findings.push(
      holders.length === 0
        ? critical(DATABASE, `${waited}: nobody seals`, 'Start a worker, or read its log.')
        : critical(DATABASE, `${waited}: a pass is under way`, 'Look again in a minute.'),
    );
  return findings;
}

const ageSeconds = (since: string): number => (Date.now() - Date.parse(since)) / 1000;

async function pipelineFindings(pool: Pool): Promise<Finding[]> {
  const { sealingLagSeconds, forwardingLagSeconds } = await readPipelineLag(pool);
  const findings = await sealingFindings(pool, sealingLagSeconds);
  if (forwardingLagSeconds > LAG_SECONDS_MAX)
    findings.push(
      critical(
        DATABASE,
        `a usage batch has waited ${Math.round(forwardingLagSeconds)} s for its workflow`,
        'Is Temporal up, and does a worker run? Its log says: forwarding usage failed.',
      ),
    );
  return findings;
}

async function quarantineFindings(pool: Pool): Promise<Finding[]> {
  const quarantinedRows = await listQuarantined(pool);
  return quarantinedRows.map(({ customer, events, firstId, reason }) =>
    critical(
      customer,
      `${events} usage events are in no batch and on no invoice, the first is ${firstId}: ${reason}`,
      'Record under other ids what they should have been, then settle them in usage_quarantine.',
    ),
  );
}

async function waitingFindings(pool: Pool): Promise<Finding[]> {
  const gauges = await readBillingGauges(pool);
  const { stripeEventsWaitingSeconds: inbox, reconciliationAgeSeconds: age } = gauges;
  const findings: Finding[] = [];
  if (inbox > INBOX_SECONDS_MAX)
    findings.push(
      critical(
        DATABASE,
        `${gauges.stripeEventsWaiting} of Stripe's events wait, the oldest for ${Math.round(inbox)} s`,
        'last_error in the table stripe_events has the reason of each.',
      ),
    );
  if (age === null || age > RECONCILIATION_SECONDS_MAX)
    findings.push(
      warning(
        DATABASE,
        age === null
          ? 'the daily reconciliation with Stripe has never run'
          : `the daily reconciliation last ran ${Math.round(age / 3600)} hours ago`,
        'npx tollkeeper find-lost-events runs it; the Schedule `reconciliation` may be paused.',
      ),
    );
  return findings;
}
