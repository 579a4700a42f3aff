/** The doctor's look at customers: what is open, held, overdue, silent or billed nowhere. */
import type { Pool } from 'pg';
import {
  listIncompleteCustomers,
  listOverduePeriods,
  listUnpricedUsage,
} from '../../db/customer-troubles';
import { listDriftFindings } from '../../db/drift-checks';
import { readExceptions } from '../operator/exceptions';
import type { OperatorDeps } from '../operator/operator';
import { critical, warning } from './finding';
import type { Check, Finding } from './finding';
import { grouped } from '../../core/grouped';

/** Most findings shown of each kind; an installation with more has one cause for all of them. */
const SHOWN_MAX = 100;

const CUSTOMERS = 'customers';

export const customerChecks = (deps: OperatorDeps): Check[] => [
  {
    name: 'open exceptions',
    of: CUSTOMERS,
    needsTemporal: true,
    look: () => exceptionFindings(deps),
  },
  { name: 'the audit of drift', of: CUSTOMERS, look: () => driftFindings(deps.pool) },
  { name: 'overdue periods', of: CUSTOMERS, look: () => overdueFindings(deps.pool) },
  { name: 'unpriced usage', of: CUSTOMERS, look: () => unpricedFindings(deps.pool) },
  { name: 'subscriptions', of: CUSTOMERS, look: () => incompleteFindings(deps.pool) },
];

async function exceptionFindings(deps: OperatorDeps): Promise<Finding[]> {
  const { exceptions, unheard } = await readExceptions(deps);
  return [
    ...exceptions.map(({ customer, kind, subject, message, resolutions }) =>
      critical(
        customer,
        `${kind} ${subject}: ${message}`,
        `npx tollkeeper exceptions resolve ${customer} ${kind} ${subject} --with ${resolutions.join('|')}`,
      ),
    ),
    ...unheard.map(({ customer, reason }) =>
      critical(customer, reason, 'Is a worker running? In the Temporal UI: Workflow Task Failed.'),
    ),
  ];
}

async function driftFindings(pool: Pool): Promise<Finding[]> {
  const rows = await listDriftFindings(pool, SHOWN_MAX);
  return rows.map(({ customer, driftTokens, answers, fault }) => {
    if (!answers)
      return critical(
        customer,
        `the workflow does not answer: ${fault ?? ''}`,
        'A failing task waits for a fixed worker; a run that is gone begins with the next signal.',
      );
    if (driftTokens === null)
      return warning(
        customer,
        `ledger and Stripe could not be compared: ${fault ?? ''}`,
        'Mend what the message names.',
      );
    return critical(
      customer,
      `${grouped(driftTokens)} billable tokens differ between the ledger and Stripe's meters`,
      `npx tollkeeper reconcile ${customer}`,
    );
  });
}

async function overdueFindings(pool: Pool): Promise<Finding[]> {
  const periods = await listOverduePeriods(pool, SHOWN_MAX);
  return periods.map(({ customer, periodEnd, status }) =>
    critical(
      customer,
      `the period that ended at ${periodEnd.toISOString()} is ${status} and has no final invoice`,
      `npx tollkeeper exceptions list --customer ${customer}, then npx tollkeeper find-lost-events`,
    ),
  );
}

async function unpricedFindings(pool: Pool): Promise<Finding[]> {
  const usages = await listUnpricedUsage(pool, SHOWN_MAX);
  return usages.map(({ customer, tokens, plan }) =>
    warning(
      customer,
      `${grouped(tokens)} tokens are priced by no rate of ${plan}: they are billed nowhere`,
      `Push a catalog with a rate for them and move ${customer} to it (POST …/plan with ` +
        '"version": "current"), or write the exception usage_unpriced off.',
    ),
  );
}

async function incompleteFindings(pool: Pool): Promise<Finding[]> {
  const customers = await listIncompleteCustomers(pool, SHOWN_MAX);
  return customers.map(({ customer, createdAt }) =>
    warning(
      customer,
      `made at ${createdAt.toISOString()}, and has no subscription: usage waits`,
      `Repeat PUT /v1/customers/${customer}.`,
    ),
  );
}
