/** What is told in the course of dunning. The app's contract is docs/reference/notifications.md. */
import type { Catalog, DunningStep, GiveUpAction } from '../plans/catalog';
import { nextStep } from './dunning';
import type { DunningState } from './dunning';
import type { DunningAccess } from '../state/remembered';

export type DunningNoticeType =
  'dunning.reminder' | 'dunning.throttled' | 'dunning.given_up' | 'dunning.recovered';

export interface DunningNotice {
  readonly kind: DunningStep['action'] | 'recovered';
  /** Day of the schedule; null says that the schedule does not ask for it. */
  readonly day: number | null;
}

/** What the invoice means for access from here on; the strictest of several counts. */
export type NoticeAccess = DunningAccess | 'ok' | 'revoked';

/** The workflow's state alone decides it. Times are Unix milliseconds. */
export interface DunningFact {
  readonly type: DunningNoticeType;
  readonly customer: string;
  readonly invoiceId: string;
  readonly amountDueCents: number;
  readonly firstFailedAt: number;
  readonly day: number | null;
  readonly access: NoticeAccess;
  /** null says that nothing more follows. */
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
  readonly access: NoticeAccess;
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
    access: accessAfter(state, kind),
    next: next ? { at: next.at, action: next.step.action } : null,
    giveUp: state.policy.giveUp,
  };
}

function accessAfter({ access, policy }: DunningState, kind: DunningNotice['kind']): NoticeAccess {
  if (kind === 'recovered') return 'ok';
  return kind === 'give_up' ? ACCESS_AT_END[policy.giveUp] : access;
}

const ACCESS_AT_END: Readonly<Record<GiveUpAction, NoticeAccess>> = {
  cancel: 'revoked',
  mark_uncollectible: 'ok',
  leave: 'throttled',
};

export function dunningData(catalog: Catalog, fact: DunningFact): DunningData {
  const { customer, invoiceId, amountDueCents, firstFailedAt, day, access, next, giveUp } = fact;
  return {
    ...{ customer, invoiceId, amountDueCents, day, access, giveUp },
    currency: catalog.currency,
    firstFailedAt: new Date(firstFailedAt).toISOString(),
    next: next && { at: new Date(next.at).toISOString(), action: next.action },
  };
}

/** What the key calls the notice: a step of the schedule by its day, an outcome by its name. */
export const noticeName = ({ type, day }: DunningFact): string =>
  day === null ? type.slice('dunning.'.length) : `day-${day}`;
