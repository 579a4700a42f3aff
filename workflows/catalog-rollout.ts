/**
 * `rollout:{plan}:{version}`: moving the customers of a plan to a catalog version.
 *
 *   previewing         page by page: what each paid, and would pay
 *   awaiting_approval  nobody is moved before an operator says so
 *   moving             one customer after another, by their own workflow; between batches it looks
 *                      whether anybody who was moved has an exception
 *   paused, stopped    until an operator resumes or cancels it; stopped: by the first exception or
 *                      refusal, which it names
 *   done, canceled     whoever was moved stays moved
 */
import {
  ApplicationFailure,
  condition,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import * as rules from '../src/core/plans/rollout';
import type { RolloutState } from '../src/core/plans/rollout';
import { rolloutDetails } from '../src/core/plans/rollout-details';
import { withPage } from '../src/core/plans/rollout-preview';
import {
  approveRolloutUpdate,
  cancelRolloutUpdate,
  pauseRolloutUpdate,
  resumeRolloutUpdate,
  rolloutStatusQuery,
} from './contract';
import type { RolloutInput, RolloutResult } from './contract';
import { rolloutCustomer, rolloutList } from './proxies';
import { OpenException, PlanId } from './search-attributes';
import { causeOf, isRefusal } from './failures';
import { continueOnCurrentVersion, handleMove } from './worker-version';

const EVENTS_PER_RUN_MAX = 2_000;
/** Customers whose figures one activity works out. */
const PREVIEW_PAGE = 50;

interface Rollout {
  state: RolloutState;
  /** It is to go on in a run on another version of the worker. */
  readonly isToMove: () => boolean;
  /** Operators filter by it; it is written on a change only. */
  published: string;
}

export async function catalogRollout(input: RolloutInput): Promise<RolloutResult> {
  const firstState = rules.openRollout(input.request, Date.now());
  const rollout: Rollout = {
    ...{ state: input.state ?? firstState, isToMove: handleMove(), published: '' },
  };
  handleMessages(rollout);
  become(rollout, rollout.state);
  for (;;) {
    if (await recordEntries(rollout)) {
      const { phase, moved, leftOut } = rollout.state;
      if (phase === 'done' || phase === 'canceled') return { phase, moved, leftOut };
      if (rules.isWaiting(rollout.state)) await untilTold(rollout);
      else await orStop(rollout, () => goOn(rollout));
    }
    if (rollout.isToMove() || isLong(input))
      await continueOnCurrentVersion<typeof catalogRollout>({ ...input, state: rollout.state });
  }
}

function isLong({ eventsPerRunMax = EVENTS_PER_RUN_MAX }: RolloutInput): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return continueAsNewSuggested || historyLength > eventsPerRunMax;
}

const goOn = (rollout: Rollout): Promise<void> =>
  rollout.state.phase === 'previewing' ? preview(rollout) : moveBatch(rollout);

async function preview(rollout: Rollout): Promise<void> {
  const { planId, version, preview: soFar } = rollout.state;
  const page = await rolloutList.previewRollout.executeWithOptions(
    { summary: `${soFar.customers} customers so far` },
    [{ planId, version, after: soFar.cursor, limit: PREVIEW_PAGE }],
  );
  become(rollout, rules.previewed(rollout.state, withPage(soFar, page)));
}

async function moveBatch(rollout: Rollout): Promise<void> {
  if (await lookForTrouble(rollout)) return;
  const { planId, version, cursor, batch } = rollout.state;
  const page = await rolloutList.listRollout.executeWithOptions(
    { summary: `the next ${batch} after ${cursor || 'none'}` },
    [{ planId, version, after: cursor, limit: batch }],
  );
  if (page.length === 0) become(rollout, rules.finishRollout(rollout.state));
  for (const { customer, reason } of page) {
    // It may have been paused, stopped or canceled meanwhile.
    if (rollout.state.phase !== 'moving') return;
    if (reason) become(rollout, rules.noteLeftOut(rollout.state, customer, reason));
    else await move(rollout, customer);
  }
}

/** Looks before each batch, and after the last: nothing goes on beside an open exception. */
async function lookForTrouble(rollout: Rollout): Promise<boolean> {
  const { planId, version, startedAt, approval, lately } = rollout.state;
  const trouble = await rolloutList.findRolloutTrouble({
    ...{ planId, version, startedAt, lately },
    since: approval?.at ?? startedAt,
  });
  become(
    rollout,
    trouble ? rules.stopRollout(rollout.state, trouble) : rules.notedWell(rollout.state),
  );
  return trouble !== null || rollout.state.phase !== 'moving';
}

async function move(rollout: Rollout, customer: string): Promise<void> {
  const { planId, version, startedAt, when, attempt } = rollout.state;
  const refuse = (reason: string) =>
    become(rollout, rules.stopRollout(rollout.state, { customer, why: reason, isRefusal: true }));
  try {
    const move = await rolloutCustomer.moveCustomer.executeWithOptions({ summary: customer }, [
      { planId, version, startedAt, when, attempt, customer },
    ]);
    if (move.outcome === 'refused') refuse(move.why);
    else if (move.outcome === 'moved') become(rollout, rules.noteMoved(rollout.state, customer));
    else become(rollout, rules.noteLeftOut(rollout.state, customer, move.reason));
  } catch (error) {
    if (!isRefusal(error)) throw error;
    refuse(causeOf(error));
  }
}

/** What fails stops the rollout, and waits for an operator: no refusal ends it in silence. */
async function orStop(rollout: Rollout, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    become(rollout, rules.stopRollout(rollout.state, { customer: null, why: causeOf(error) }));
  }
}

/** False says that the audit trail refuses an entry: nothing is done until it takes it. */
async function recordEntries(rollout: Rollout): Promise<boolean> {
  const { planId, version, startedAt } = rollout.state;
  for (;;) {
    const entry = rollout.state.entries[0];
    if (!entry) return true;
    try {
      await rolloutList.recordRollout({ planId, version, startedAt, entry });
      become(rollout, rules.withoutEntry(rollout.state, entry.number));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const reason = `the audit trail refuses ${entry.kind}: ${causeOf(error)}`;
      become(rollout, rules.stopRollout(rollout.state, { customer: null, why: reason }));
      await untilTold(rollout);
      return false;
    }
  }
}

async function untilTold(rollout: Rollout): Promise<void> {
  const { phase, entriesSoFar } = rollout.state;
  const isTold = () => rollout.state.phase !== phase || rollout.state.entriesSoFar !== entriesSoFar;
  await condition(() => isTold() || rollout.isToMove());
}

function handleMessages(rollout: Rollout): void {
  const deciding = (decision: rules.RolloutDecision) => ({
    validator: (_word: rules.RolloutWord) => {
      const reason = rules.whyUndecidable(rollout.state, decision);
      if (reason) throw ApplicationFailure.nonRetryable(reason, 'rollout_not_possible');
    },
  });
  const decided = (state: RolloutState): RolloutState => {
    become(rollout, state);
    return rollout.state;
  };
  setHandler(
    approveRolloutUpdate,
    (word) => decided(rules.approveRollout(rollout.state, word, Date.now())),
    deciding('approve'),
  );
  setHandler(
    pauseRolloutUpdate,
    (word) => decided(rules.pauseRollout(rollout.state, word)),
    deciding('pause'),
  );
  setHandler(
    resumeRolloutUpdate,
    (word) => decided(rules.resumeRollout(rollout.state, word)),
    deciding('resume'),
  );
  setHandler(
    cancelRolloutUpdate,
    (word) => decided(rules.cancelRollout(rollout.state, word)),
    deciding('cancel'),
  );
  setHandler(rolloutStatusQuery, () => rollout.state);
}

function become(rollout: Rollout, state: RolloutState): void {
  rollout.state = state;
  setCurrentDetails(rolloutDetails(state));
  const exception = state.phase === 'stopped' ? 'rollout_stopped' : null;
  const published = JSON.stringify([state.planId, exception]);
  if (published === rollout.published) return;
  rollout.published = published;
  upsertSearchAttributes([
    { key: PlanId, value: state.planId },
    { key: OpenException, value: exception },
  ]);
}
