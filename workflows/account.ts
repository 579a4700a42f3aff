/** The one mutable thing of a billing run: its state, and whether the run is coming to its end. */
import { log, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { SearchAttributePair } from '@temporalio/common';
import type { BillingException, BillingState } from '../src/core/billing-state';
import { accountDetails } from '../src/core/details';
import { statementOf } from '../src/core/statement';
import { ledger } from './proxies';

export interface Account {
  state: BillingState;
  /** No new step is begun; what is under way may finish. */
  isClosing: boolean;
  /** A period was archived: the next run starts with a clean history. */
  isReset: boolean;
  signals: number;
  stepsUnderWay: number;
  /** What was last written as search attributes, to write them on a change only. */
  published: string;
}

const CustomerId = defineSearchAttributeKey('CustomerId', SearchAttributeType.KEYWORD);
const PlanId = defineSearchAttributeKey('PlanId', SearchAttributeType.KEYWORD);
const BillingStatusKey = defineSearchAttributeKey('BillingStatus', SearchAttributeType.KEYWORD);
const PeriodEnd = defineSearchAttributeKey('PeriodEnd', SearchAttributeType.DATETIME);
const OpenException = defineSearchAttributeKey('OpenException', SearchAttributeType.KEYWORD);

/** Makes a new state the account's and shows it to operators. */
export function update(account: Account, state: BillingState): void {
  account.state = state;
  setCurrentDetails(accountDetails(state));
  publishSearchAttributes(account);
}

function publishSearchAttributes(account: Account): void {
  const { customer, billingStatus, exception, periods } = account.state;
  const current = periods.at(-1);
  const key = JSON.stringify([billingStatus, exception?.kind, current?.end, current?.terms.planId]);
  if (key === account.published) return;
  account.published = key;
  const attributes: SearchAttributePair[] = [
    { key: CustomerId, value: customer },
    { key: PlanId, value: current?.terms.planId ?? null },
    { key: BillingStatusKey, value: billingStatus },
    { key: PeriodEnd, value: current ? new Date(current.end * 1000) : null },
    { key: OpenException, value: exception?.kind ?? null },
  ] as SearchAttributePair[];
  upsertSearchAttributes(attributes);
}

/** Writes the periods as the API shows them. */
export async function project(account: Account): Promise<void> {
  const { state } = account;
  await ledger.recordPeriods({
    customer: state.customer,
    billingStatus: state.billingStatus,
    periods: state.periods.map((period) => ({
      terms: period.terms,
      statement: statementOf(state, period),
    })),
  });
}

export function openException(account: Account, exception: Omit<BillingException, 'since'>): void {
  log.error(exception.message, { kind: exception.kind });
  update(account, { ...account.state, exception: { ...exception, since: Date.now() } });
}

export function closeException(account: Account, kind: BillingException['kind']): void {
  if (account.state.exception?.kind !== kind) return;
  update(account, { ...account.state, exception: null });
}

/** Runs one step so that the end of the run can wait for it. */
export async function step<T>(account: Account, work: () => Promise<T>): Promise<T> {
  account.stepsUnderWay += 1;
  try {
    return await work();
  } finally {
    account.stepsUnderWay -= 1;
  }
}
