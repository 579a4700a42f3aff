/** A draft of February's period, as it is held, and whoever keeps it. */
import type { HeldDraft, PeriodState } from '../../../src/core/state/period-state';
import { aPeriod, aState } from './builders';

export const draft = { id: 'in_feb', status: 'draft', totalCents: 2900 };
export const HOLD = { at: 7, finalizesAt: 9 };
export const BY_PAUSE: HeldDraft = { finalizesAt: null, by: 'pause' };
export const BY_OTHERS: HeldDraft = { finalizesAt: null, by: 'others' };
export const aDraft = (is: Partial<PeriodState> = {}) =>
  aPeriod({ phase: 'closing', invoice: draft, ...is });
export const onlyPeriod = (period: PeriodState) => aState({ periods: [period] });
export const paused = { ...aState().standing, collectionPaused: 'keep_as_draft' };
