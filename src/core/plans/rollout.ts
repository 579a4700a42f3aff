/**
 * Moves the customers of a plan to a catalog version: tells in which order, who is left out, and
 * what stops it. It is the state of the workflow `rollout:{plan}:{version}`, plain JSON, carried
 * from run to run.
 */
import type { ChangeTime } from '../subscription/plan-change';
import type { LeftOutReason } from './rollout-customer';
import { emptyPreview } from './rollout-preview';
import type { RolloutPreview } from './rollout-preview';

export type RolloutPhase =
  'previewing' | 'awaiting_approval' | 'moving' | 'paused' | 'stopped' | 'done' | 'canceled';

export interface RolloutRequest {
  readonly planId: string;
  readonly version: string;
  readonly when: ChangeTime;
  /** After so many customers, it looks whether any of those moved has an exception. */
  readonly batch: number;
  /** The catalog's currency. */
  readonly currency: string;
}

export interface RolloutWord {
  readonly by: string;
  readonly reason: string;
}

export interface RolloutTrouble {
  /** null says that it is no customer's, but the rollout's own step that failed. */
  readonly customer: string | null;
  readonly why: string;
  /**
   * The customer refused to be moved: they are skipped on resuming, if so decided. Absent: it is an
   * exception of one who was moved.
   */
  readonly isRefusal?: true;
}

/** What happened and is not in the audit trail yet: nothing else is done before it is. */
export interface RolloutEntry {
  readonly number: number;
  readonly kind: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface RolloutState extends RolloutRequest {
  /** Unix milliseconds: tells this rollout from an earlier one to the same version. */
  readonly startedAt: number;
  readonly phase: RolloutPhase;
  /** It goes on here when it is resumed. */
  readonly resumesIn: 'previewing' | 'moving';
  readonly preview: RolloutPreview;
  readonly approval: (RolloutWord & { readonly at: number }) | null;
  /** All customers up to this id are done with. */
  readonly cursor: string;
  readonly moved: number;
  /** They were moved since it was last looked at their exceptions. */
  readonly lately: readonly string[];
  readonly leftOut: Readonly<Partial<Record<LeftOutReason | 'skipped', number>>>;
  readonly trouble: RolloutTrouble | null;
  /** Whoever was refused is asked under another key once it is resumed. */
  readonly attempt: number;
  readonly entries: readonly RolloutEntry[];
  readonly entriesSoFar: number;
}

export const openRollout = (request: RolloutRequest, startedAt: number): RolloutState => ({
  ...request,
  startedAt,
  phase: 'previewing',
  resumesIn: 'previewing',
  preview: emptyPreview(),
  approval: null,
  cursor: '',
  moved: 0,
  lately: [],
  leftOut: {},
  trouble: null,
  attempt: 1,
  entries: [],
  entriesSoFar: 0,
});

export const isOver = ({ phase }: RolloutState): boolean =>
  phase === 'done' || phase === 'canceled';

/** It does nothing by itself until somebody says so. */
export const isWaiting = ({ phase }: RolloutState): boolean =>
  phase === 'awaiting_approval' || phase === 'paused' || phase === 'stopped';

const withEntry = (
  state: RolloutState,
  kind: string,
  detail: Readonly<Record<string, unknown>>,
): RolloutState => {
  const number = state.entriesSoFar + 1;
  const entries = [...state.entries, { number, kind, detail }];
  return { ...state, entries, entriesSoFar: number };
};

export const withoutEntry = (state: RolloutState, number: number): RolloutState => ({
  ...state,
  entries: state.entries.filter((entry) => entry.number !== number),
});

const ASKED = {
  approve: ['awaiting_approval'],
  pause: ['moving'],
  resume: ['paused', 'stopped'],
  cancel: ['previewing', 'awaiting_approval', 'moving', 'paused', 'stopped'],
} as const satisfies Record<string, readonly RolloutPhase[]>;

export type RolloutDecision = keyof typeof ASKED;

/** Tells why that can't be said now; null says that it can. */
export function whyUndecidable(state: RolloutState, decision: RolloutDecision): string | null {
  const phases: readonly RolloutPhase[] = ASKED[decision];
  if (phases.includes(state.phase)) return null;
  return (
    `The rollout of ${state.planId} is ${state.phase}: expected ${phases.join(' or ')} to ` +
    `${decision} it.`
  );
}

export function previewed(state: RolloutState, preview: RolloutPreview): RolloutState {
  const previewedState = { ...state, preview };
  if (!preview.isComplete) return previewedState;
  const { customers, beforeCents, afterCents, runningOnly, leftOut, after } = preview;
  return withEntry(
    { ...previewedState, phase: state.phase === 'previewing' ? 'awaiting_approval' : state.phase },
    'rollout_previewed',
    {
      ...requestOf(state),
      ...{ customers, beforeCents, afterCents, runningOnly, leftOut, after },
    },
  );
}

export function approveRollout(state: RolloutState, word: RolloutWord, at: number): RolloutState {
  const approved = { ...state, phase: 'moving', resumesIn: 'moving' } as const;
  return withEntry({ ...approved, approval: { ...word, at } }, 'rollout_approved', {
    ...requestOf(state),
    ...word,
  });
}

export const pauseRollout = (state: RolloutState, word: RolloutWord): RolloutState =>
  withEntry({ ...state, phase: 'paused' }, 'rollout_paused', { ...word });

/** With `skip`, whoever was refused is left out, and stays on the prices they have. */
export function resumeRollout(
  state: RolloutState,
  { skip, ...word }: RolloutWord & { readonly skip?: boolean },
): RolloutState {
  const { trouble, resumesIn } = state;
  const isSkipped = skip === true && trouble?.isRefusal && trouble.customer !== null;
  const resumed = { ...state, phase: resumesIn, trouble: null, attempt: state.attempt + 1 };
  const next = isSkipped ? noteLeftOut(resumed, trouble.customer as string, 'skipped') : resumed;
  return withEntry(next, 'rollout_resumed', {
    ...word,
    ...(isSkipped && { skipped: trouble.customer }),
  });
}

export const cancelRollout = (state: RolloutState, word: RolloutWord): RolloutState =>
  withEntry({ ...state, phase: 'canceled' }, 'rollout_canceled', { ...word, ...countsOf(state) });

/** What somebody has canceled meanwhile stays canceled. */
export function stopRollout(state: RolloutState, trouble: RolloutTrouble): RolloutState {
  if (isOver(state)) return state;
  return withEntry({ ...state, phase: 'stopped', trouble }, 'rollout_stopped', { ...trouble });
}

/** It is on record already, in the same transaction as it was noted that they were moved. */
export const noteMoved = (state: RolloutState, customer: string): RolloutState => ({
  ...state,
  cursor: customer,
  moved: state.moved + 1,
  lately: [...state.lately, customer],
});

export function noteLeftOut(
  state: RolloutState,
  customer: string,
  reason: LeftOutReason | 'skipped',
): RolloutState {
  const leftOut = { ...state.leftOut, [reason]: (state.leftOut[reason] ?? 0) + 1 };
  return withEntry({ ...state, cursor: customer, leftOut }, 'rollout_left_out', {
    customer,
    reason,
  });
}

/** Nobody who was moved has an exception. */
export const notedWell = (state: RolloutState): RolloutState => ({ ...state, lately: [] });

export function finishRollout(state: RolloutState): RolloutState {
  if (state.phase !== 'moving') return state;
  return withEntry({ ...state, phase: 'done' }, 'rollout_done', countsOf(state));
}

const countsOf = ({ moved, leftOut }: RolloutState) => ({ moved, leftOut });

const requestOf = ({ planId, version, when, batch }: RolloutRequest) => ({
  ...{ planId, version, when, batch },
});
