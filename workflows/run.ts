/** The one mutable thing of a billing run: its state, and whether the run is coming to its end. */
import { log, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { SearchAttributePair } from '@temporalio/common';
import type { BillingState } from '../src/core/state/billing-state';
import { billingDetails } from '../src/core/state/billing-details';
import { noteGone } from '../src/core/state/customer-gone';
import { dunningAccess } from '../src/core/dunning/dunning';
import { findException, withException, withoutException } from '../src/core/state/exceptions';
import type { SignalledUsage } from '../src/core/usage/signalled-usage';
import type { InvoiceSnapshot } from '../src/core/invoices/invoice-snapshot';
import { statementOf } from '../src/core/invoices/statement';
import { shortened } from '../src/core/text';
import { noteUnpriced } from '../src/core/counting/unpriced';
import { ledger } from './proxies';
import {
  BillingStatusKey,
  CustomerId,
  DunningStep,
  OpenException,
  PeriodEnd,
  PlanId,
} from './search-attributes';
import { allPeriods } from '../src/core/state/periods';
import type { BillingException, ExceptionKind } from '../src/core/state/remembered';

export interface Run {
  state: BillingState;
  /**
   * The run began under release 0.1.0, and its history must replay: it asks for the same steps in
   * the same order as that release did, until it continues as new.
   */
  readonly isLegacy: boolean;
  /** No new step is begun; what is under way may finish. */
  isClosing: boolean;
  /** A period was archived: the next run starts with a clean history. */
  isReset: boolean;
  /** Something that the API shows has changed beside the steps that record it. */
  isUnrecorded: boolean;
  /** How often something that the API shows was written. */
  recordings: number;
  /** Readings of the subscription: how many were begun, and the last that is in force. */
  readings: { begun: number; inForce: number };
  /** How often each draft was read because there was news of it. */
  readonly news: Map<string, number>;
  /** Drafts as they were last read, and held since. */
  readonly drafts: Map<string, DraftReading>;
  signals: number;
  stepsUnderWay: number;
  /** Usage that apps have signalled and that is not in the ledger yet: it is nowhere else. */
  signalled: readonly SignalledUsage[];
  /** A run of release 0.1.0 counts the signals here whose usage is on its way to the ledger. */
  signalsUnderWay: number;
  /** Somebody has asked Temporal to cancel the workflow. */
  isCancelled: boolean;
  /** A run of release 0.1.0 that a worker of today has had a message for. */
  isTakenOver: boolean;
  /** It is to continue as new on another version of the worker. */
  isToMove: () => boolean;
  /** What was last written as search attributes, to write them on a change only. */
  published: string;
}

export interface DraftReading {
  readonly invoice: InvoiceSnapshot;
  /** Unix milliseconds. */
  readonly at: number;
}

/** Makes a new state the run's and shows it to operators. */
export function become(run: Run, state: BillingState): void {
  const notedState = run.isLegacy ? state : noteUnpriced(state, Date.now());
  run.state = noteGone(notedState, Date.now());
  setCurrentDetails(billingDetails(run.state));
  publishSearchAttributes(run);
}

function publishSearchAttributes(run: Run): void {
  const { customer, billingStatus, exceptions, periods, dunning } = run.state;
  const current = periods.at(-1);
  const exception = exceptions[0]?.kind ?? null;
  const day = dunning.length > 0 ? Math.max(...dunning.map(({ day }) => day ?? 0)) : null;
  const dunningStep = day === null ? null : `day ${day}`;
  const { planId } = current?.terms ?? {};
  const key = JSON.stringify([billingStatus, exception, current?.end, planId, dunningStep]);
  if (key === run.published) return;
  run.published = key;
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

/** Writes the periods as the API shows them, and what a run goes on from that is begun again. */
export async function project(run: Run): Promise<void> {
  const { state } = run;
  try {
    await recording(run, () =>
      ledger.recordPeriods({
        customer: state.customer,
        billingStatus: state.billingStatus,
        standing: state.standing,
        dunningAccess: dunningAccess(state),
        periods: allPeriods(state).map((period) => ({
          terms: period.terms,
          statement: statementOf(state, period),
        })),
        snapshot: { state, takenAt: Date.now() },
      }),
    );
  } catch (error) {
    // The step that wanted it has done what it does, and would find nothing more to record.
    if (!run.isLegacy) run.isUnrecorded = true;
    throw error;
  }
}

/**
 * Does what writes something that the API shows. What else was written meanwhile may have come
 * before it or after, so that older figures stand: they are written once more.
 */
export const recording = <T>(run: Run, write: () => Promise<T>): Promise<T> =>
  run.isLegacy ? write() : recordedInOrder(run, write);

async function recordedInOrder<T>(run: Run, write: () => Promise<T>): Promise<T> {
  const { recordings } = run;
  try {
    return await write();
  } finally {
    if (run.recordings > recordings) run.isUnrecorded = true;
    run.recordings += 1;
  }
}

export interface Trouble {
  readonly kind: ExceptionKind;
  readonly subject: string;
  readonly message: string;
  readonly rejected?: BillingException['rejected'];
}

/** An invoice has up to 250 lines that nothing explains; the state is carried from run to run. */
const MESSAGE_CHARACTERS_MAX = 4_000;

export function openException(run: Run, trouble: Trouble): void {
  log.error(trouble.message, { kind: trouble.kind, subject: trouble.subject });
  const message = shortened(trouble.message, MESSAGE_CHARACTERS_MAX);
  become(run, withException(run.state, { ...trouble, message }, Date.now()));
}

/** An exception is closed once it is decided and recorded; so is one whose cause is gone. */
export const isExceptionOpen = (run: Run, kind: ExceptionKind, subject: string): boolean =>
  findException(run.state, { kind, subject }) !== undefined;

export function closeException(run: Run, kind: ExceptionKind, subject: string): void {
  const stateWithout = withoutException(run.state, { kind, subject });
  if (stateWithout !== run.state) become(run, stateWithout);
}

/** Runs one step so that the end of the run can wait for it. */
export async function step<T>(run: Run, work: () => Promise<T>): Promise<T> {
  run.stepsUnderWay += 1;
  try {
    return await work();
  } finally {
    run.stepsUnderWay -= 1;
  }
}
