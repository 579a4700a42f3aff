/** The one mutable thing of a dunning case: its state, and what a run gives to the next one. */
import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { DunningPolicy } from '../src/core/plans/catalog';
import { openDunning } from '../src/core/dunning/dunning';
import type { DunningState } from '../src/core/dunning/dunning';
import { dunningDetails } from '../src/core/dunning/dunning-details';
import type { CarriedDunning, DunningInput } from './contract';
import { CustomerId, DunningStep, OpenException } from './search-attributes';

/** These hold until the catalog's policy is read. */
const NO_STEPS: DunningPolicy = { steps: [], giveUp: 'leave' };

export interface DunningRun {
  state: DunningState;
  isPolicyRead: boolean;
  /** The invoice is to be read before anything else is decided. */
  isChanged: boolean;
  /** billing:{customer} has asked where the case stands, which it may have forgotten. */
  isAsked: boolean;
  /** billing:{customer} has told Stripe of all usage, as this case had asked. */
  isFlushed: boolean;
  /** The case is to go on in a run on another version of the worker. */
  isToMove: () => boolean;
  /** What Stripe refuses at the moment. */
  trouble: string | null;
}

export function openRun(input: DunningInput): DunningRun {
  const { state, isPolicyRead, isAsked } = input.carried ?? {
    ...{ state: openDunning(input, NO_STEPS), isPolicyRead: false, isAsked: false },
  };
  return {
    ...{ state, isPolicyRead, isAsked },
    ...{ isChanged: true, isFlushed: false, isToMove: () => false, trouble: null },
  };
}

export const carriedOf = ({ state, isPolicyRead, isAsked }: DunningRun): CarriedDunning => ({
  ...{ state, isPolicyRead, isAsked },
});

/** What the run before was refused is told again if it is refused again. */
export function begin(run: DunningRun, { carried }: DunningInput): void {
  if (!carried) return show(run, 'opened');
  upsertSearchAttributes([{ key: OpenException, value: null }]);
  become(run, run.state);
}

export function become(run: DunningRun, state: DunningState): void {
  run.state = state;
  setCurrentDetails(dunningDetails(state, run.trouble));
}

export function show(run: DunningRun, step: string): void {
  upsertSearchAttributes([
    { key: CustomerId, value: run.state.customer },
    { key: DunningStep, value: step },
  ]);
  become(run, run.state);
}

export function noteTrouble(run: DunningRun, trouble: string | null): void {
  if (trouble === run.trouble) return;
  run.trouble = trouble;
  upsertSearchAttributes([{ key: OpenException, value: trouble && 'stripe_refused' }]);
  become(run, run.state);
}
