/** The doctor's look at the database: is the ledger whole, and does everything move on from it? */
import type { Pool } from 'pg';
import { readBillingGauges } from '../../db/billing-gauges';
import { listOpenTransactions, seesOpenTransactions } from '../../db/open-transactions';
import { readPipelineLag } from '../../db/pipeline-lag';
import { readSealingRange } from '../../db/usage-batches';
import { listQuarantined } from '../../db/usage-quarantine';
import { assertSameCluster } from '../../ingest/sealing';
import { critical, warning } from './finding';
import type { Check, Finding } from './finding';

const LAG_SECONDS_MAX = 60;
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
  { name: 'sealing and forwarding', of: DATABASE, look: () => pipelineFindings(pool) },
  { name: 'the quarantine', of: DATABASE, look: () => quarantineFindings(pool) },
  { name: 'what waits', of: DATABASE, look: () => waitingFindings(pool) },
];

async function pipelineFindings(pool: Pool): Promise<Finding[]> {
  const { sealingLagSeconds, forwardingLagSeconds } = await readPipelineLag(pool);
  const findings: Finding[] = [];
  if (sealingLagSeconds > LAG_SECONDS_MAX) {
    const transactions = await listOpenTransactions(pool);
    const nothingFound = (await seesOpenTransactions(pool))
      ? 'No transaction stays open, so no worker seals'
      : 'Either no worker seals, or a transaction stays open that this role is not shown';
    const cause = transactions.map(
      ({ pid, database, seconds, query }) =>
        `pid ${pid} in ${database}, open for ${Math.round(seconds)} s: ${query}`,
    );
    findings.push(
      critical(
        DATABASE,
        `usage has waited ${Math.round(sealingLagSeconds)} s to be sealed. ` +
          (cause.length > 0
            ? `Transactions that write and stay open: ${cause.join('; ')}`
            : nothingFound),
        cause.length > 0
          ? 'End those sessions (select pg_terminate_backend(pid)).'
          : 'Start a worker; as the owner of the database the doctor sees all transactions.',
      ),
    );
  }
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
