/**
 * Hands usage that an app signals to its customer's workflow, instead of sending it by HTTP, to the
 * ledger: it is counted when it comes back as a batch, exactly once. Signals may come by the
 * thousand, so the handler only notes them; one activity takes many.
 */
import { setHandler, workflowInfo } from '@temporalio/workflow';
import type { RejectedUsage } from '../activities/signalled-usage';
import {
  isAnyUntried,
  nextSignalled,
  partsOf,
  refuseSignalled,
  withoutSignalled,
} from '../src/core/usage/signalled-usage';
import type { SignalledUsage } from '../src/core/usage/signalled-usage';
import type { Run } from './run';
import { openException } from './run';
import { attempt, tryOnce, untilWorthTryingAgain } from './attempt';
import type { Errand } from './attempt';
import { recordUsageSignal } from './contract';
import { ledger } from './proxies';
import { until } from './until';

/** All of it is one exception: the audit trail has each. */
const SUBJECT = recordUsageSignal.name;

export function handleSignalledUsage(run: Run): void {
  setHandler(recordUsageSignal, (message: unknown) => {
    run.signals += 1;
    const signal = `${workflowInfo().runId}:${run.signals}`;
    const events = eventsOf(message);
    if (run.isLegacy) return takeAtOnce(run, signal, events);
    run.signalled = [...run.signalled, ...partsOf(signal, events, Date.now())];
    return undefined;
  });
}

/** The next run takes what is left when this one ends. */
export async function takeSignalled(run: Run): Promise<void> {
  if (run.isLegacy) return;
  for (;;) {
    await until(run, () => run.signalled.length > 0);
    if (run.isClosing) return;
    const errand = waitingErrand(run, nextSignalled(run.signalled));
    if (await takeNext(run)) continue;
    if (isAnyUntried(run.signalled)) continue;
    await untilWorthTryingAgain(run, errand, () => isAnyUntried(run.signalled));
  }
}

/** False says that it was refused, and lets all others go first. */
export async function takeNext(run: Run): Promise<boolean> {
  const { customer } = run.state;
  const batch = nextSignalled(run.signalled);
  const isTaken = await tryOnce(run, waitingErrand(run, batch), async () => {
    const { rejected } = await ledger.ingestUsage.executeWithOptions(
      { summary: `${countOf(batch)} signalled` },
      [{ customer, signals: batch.map(({ isAlone: _, refusedAt: _at, ...one }) => one) }],
    );
    noteRejected(run, countOf(batch), rejected);
  });
  run.signalled = isTaken
    ? withoutSignalled(run.signalled, batch)
    : refuseSignalled(run.signalled, batch, Date.now());
  return isTaken;
}

const countOf = (signalled: readonly SignalledUsage[]): number =>
  signalled.reduce((sum, { events }) => sum + events.length, 0);

/**
 * There is one exception, however many wait: each by itself they would outgrow the workflow's
 * state.
 */
const waitingErrand = (run: Run, signalled: readonly SignalledUsage[]): Errand => ({
  ...errandOf(signalled),
  subject: `signal:${SUBJECT}`,
  isOpenStill: () =>
    run.signalled.some((one) => one.refusedAt !== undefined && !signalled.includes(one)),
});

const errandOf = (signalled: readonly SignalledUsage[]): Errand => ({
  subject: `signal:${signalled[0]?.signal ?? ''}`,
  what: `${countOf(signalled)} usage events that were signalled are not in the ledger`,
});

/**
 * Takes usage as release 0.1.0 does, by an activity for each signal. Its run ends only when these
 * have ended.
 */
async function takeAtOnce(run: Run, signal: string, events: readonly unknown[]) {
  const { customer } = run.state;
  const receivedAt = Date.now();
  const take = async () => {
    const { rejected } = await ledger.ingestUsage.executeWithOptions(
      { summary: `${events.length} signalled` },
      [{ customer, signal, events, receivedAt }],
    );
    noteRejected(run, events.length, rejected);
  };
  const errand = errandOf([{ signal, from: 0, events, receivedAt, size: 0 }]);
  run.signalsUnderWay += 1;
  try {
    while (!(await attempt(run, errand, take))) if (run.isClosing) return;
  } finally {
    run.signalsUnderWay -= 1;
  }
}

function noteRejected(run: Run, count: number, rejections: readonly RejectedUsage[]): void {
  const [first] = rejections;
  if (!first) return;
  openException(run, {
    ...{ kind: 'usage_rejected', subject: SUBJECT },
    message:
      `${rejections.length} of ${count} usage events that were signalled could not be taken, and are ` +
      `in the audit trail as usage_rejected. The first: ${first.message}`,
  });
}

/** Whoever may signal may send anything: what is no list is one usage event, and judged as one. */
function eventsOf(message: unknown): readonly unknown[] {
  const isList = typeof message === 'object' && message !== null && 'events' in message;
  return isList && Array.isArray(message.events) ? (message.events as unknown[]) : [message];
}
