/** The one mutable thing of a billing run: its state, and whether the run is coming to its end. */
import { log, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { SearchAttributePair } from '@temporalio/common';
import type { BillingState } from '../src/core/billing-state';
import { allPeriods } from '../src/core/billing-state';
import { accountDetails } from '../src/core/details';
import { dunningAccess } from '../src/core/dunning';
import { findException, withException, withoutException } from '../src/core/exceptions';
import type { ExceptionKind } from '../src/core/exceptions';
import { statementOf } from '../src/core/statement';
import { ledger } from './proxies';
import {
  BillingStatusKey,
  CustomerId,
  DunningStep,
  OpenException,
  PeriodEnd,
  PlanId,
} from './search-attributes';

export interface Account {
  state: BillingState;
  /** No new step is begun; what is under way may finish. */
  isClosing: boolean;
  /** A period was archived: the next run starts with a clean history. */
  isReset: boolean;
  /** Something that the API shows has changed beside the steps that record it. */
  isUnrecorded: boolean;
  /** Readings of the subscription: how many were begun, and the last that is in force. */
  readings: { begun: number; inForce: number };
  signals: number;
  stepsUnderWay: number;
  /** What was last written as search attributes, to write them on a change only. */
  published: string;
}

/** Makes a new state the account's and shows it to operators. */
export function update(account: Account, state: BillingState): void {
  account.state = state;
  setCurrentDetails(accountDetails(state));
  publishSearchAttributes(account);
}

function publishSearchAttributes(account: Account): void {
  const { customer, billingStatus, exceptions, periods, dunning } = account.state;
  const current = periods.at(-1);
  const exception = exceptions[0]?.kind ?? null;
  const day = dunning.length > 0 ? Math.max(...dunning.map(({ day }) => day ?? 0)) : null;
  const dunningStep = day === null ? null : `day ${day}`;
  const { planId } = current?.terms ?? {};
  const key = JSON.stringify([billingStatus, exception, current?.end, planId, dunningStep]);
  if (key === account.published) return;
  account.published = key;
  const attributes: SearchAttributePair[] = [
    { key: CustomerId, value: customer },
    { key: PlanId, value: current?.terms.planId ?? null },
    { key: BillingStatusKey, value: billingStatus },
    { key: PeriodEnd, value: current ? new Date(current.end * 1000) : null },
    { key: DunningStep, value: dunningStep },
    { key: OpenException, value: exception },
  ] as SearchAttributePair[];
  upsertSearchAttributes(attributes);
}

/** Writes the periods as the API shows them. */
export async function project(account: Account): Promise<void> {
  const { state } = account;
  await ledger.recordPeriods({
    customer: state.customer,
    billingStatus: state.billingStatus,
    standing: state.standing,
    dunningAccess: dunningAccess(state),
    periods: allPeriods(state).map((period) => ({
      terms: period.terms,
      statement: statementOf(state, period),
    })),
  });
}

export interface Trouble {
  readonly kind: ExceptionKind;
  readonly subject: string;
  readonly message: string;
}

export function openException(account: Account, trouble: Trouble): void {
  log.error(trouble.message, { kind: trouble.kind, subject: trouble.subject });
  update(account, withException(account.state, trouble, Date.now()));
}

/** Decided and recorded, an exception is closed; so is one whose cause is gone. */
export const isExceptionOpen = (account: Account, kind: ExceptionKind, subject: string): boolean =>
  findException(account.state, { kind, subject }) !== undefined;

export function closeException(account: Account, kind: ExceptionKind, subject: string): void {
  const closed = withoutException(account.state, { kind, subject });
  if (closed !== account.state) update(account, closed);
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
