/** What is told in the course of dunning. The app's contract is docs/notifications.md. */
import type { Catalog, DunningStep, GiveUpAction } from './catalog';
import { nextStep } from './dunning';
import type { DunningAccess, DunningState } from './dunning';

export type DunningNoticeType =
  'dunning.reminder' | 'dunning.throttled' | 'dunning.given_up' | 'dunning.recovered';

export interface DunningNotice {
  readonly kind: DunningStep['action'] | 'recovered';
  /** Of the schedule; null: not by the schedule. */
  readonly day: number | null;
}

/** From the workflow's state alone. Times are Unix milliseconds. */
export interface DunningFact {
  readonly type: DunningNoticeType;
  readonly customer: string;
  readonly invoiceId: string;
  readonly amountDueCents: number;
  readonly firstFailedAt: number;
  readonly day: number | null;
  readonly access: DunningAccess | 'ok';
  /** null: nothing more follows. */
  readonly next: { readonly at: number; readonly action: DunningStep['action'] } | null;
  readonly giveUp: GiveUpAction;
}

export interface DunningData {
  readonly customer: string;
  readonly invoiceId: string;
  readonly amountDueCents: number;
  readonly currency: string;
  readonly firstFailedAt: string;
  readonly day: number | null;
  readonly access: DunningAccess | 'ok';
  readonly next: { readonly at: string; readonly action: DunningStep['action'] } | null;
  readonly giveUp: GiveUpAction;
}

const TYPES: Readonly<Record<DunningNotice['kind'], DunningNoticeType>> = {
  notify: 'dunning.reminder',
  throttle: 'dunning.throttled',
  give_up: 'dunning.given_up',
  recovered: 'dunning.recovered',
};

/** `state` is as the step leaves it. */
export function dunningFact(state: DunningState, { kind, day }: DunningNotice): DunningFact {
  const isRecovered = kind === 'recovered';
  const next = isRecovered ? undefined : nextStep(state);
  return {
    type: TYPES[kind],
    customer: state.customer,
    invoiceId: state.invoiceId,
    amountDueCents: isRecovered ? 0 : state.amountDueCents,
    firstFailedAt: state.firstFailedAt,
    day,
    access: isRecovered ? 'ok' : state.access,
    next: next ? { at: next.at, action: next.step.action } : null,
    giveUp: state.policy.giveUp,
  };
}

export function dunningData(catalog: Catalog, fact: DunningFact): DunningData {
  const { type: _, next, firstFailedAt, ...rest } = fact;
  return {
    ...rest,
    currency: catalog.currency,
    firstFailedAt: new Date(firstFailedAt).toISOString(),
    next: next && { at: new Date(next.at).toISOString(), action: next.action },
  };
}

/** Of the key: a step of the schedule by its day, an outcome by its name. */
export const noticeName = ({ type, day }: DunningFact): string =>
  day === null ? type.slice('dunning.'.length) : `day-${day}`;
