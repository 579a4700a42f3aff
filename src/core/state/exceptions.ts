/** What an operator should see and may decide: each names what is wrong, with the numbers. */
import type { BillingState } from './billing-state';
import { DomainError } from './errors';

export interface BillingException {
  readonly kind: ExceptionKind;
  /** What it is about: an invoice, a rate, a report. One exception per kind and subject. */
  readonly subject: string;
  readonly message: string;
  /** Unix milliseconds. */
  readonly since: number;
  /** Decided, and not carried out yet. */
  readonly resolution?: ExceptionResolution;
}

export type ExceptionKind =
  | 'report_refused'
  | 'report_rejected'
  | 'invoice_differs'
  | 'finalization_failed'
  | 'usage_uninvoiced'
  | 'stripe_refused'
  | 'usage_rejected';

export const RESOLUTIONS = ['accept_stripe', 'correct', 'write_off', 'retry'] as const;
export type ResolutionKind = (typeof RESOLUTIONS)[number];

export interface ExceptionResolution {
  /**
   * accept_stripe: Stripe's figures stand · correct: Stripe is brought to the ledger's, by a meter
   * event or on the next invoice · write_off: what is ours and not Stripe's is given up, with its
   * value · retry: what was refused is tried again at once.
   */
  readonly kind: ResolutionKind;
  readonly reason: string;
  /** Who decided, in the caller's words. */
  readonly by: string;
}

/** What may be decided about each kind. */
const ALLOWED: Readonly<Record<ExceptionKind, readonly ResolutionKind[]>> = {
  report_refused: ['retry'],
  report_rejected: ['accept_stripe'],
  invoice_differs: ['accept_stripe', 'correct', 'write_off'],
  finalization_failed: ['retry'],
  usage_uninvoiced: ['write_off'],
  stripe_refused: ['retry'],
  usage_rejected: ['write_off'],
};

export const EXCEPTION_KINDS = Object.keys(ALLOWED) as ExceptionKind[];

export const resolutionsOf = (kind: ExceptionKind): readonly ResolutionKind[] => ALLOWED[kind];

type ExceptionId = Pick<BillingException, 'kind' | 'subject'>;

const isSame = (a: ExceptionId, b: ExceptionId): boolean =>
  a.kind === b.kind && a.subject === b.subject;

export const findException = (state: BillingState, id: ExceptionId): BillingException | undefined =>
  state.exceptions.find((exception) => isSame(exception, id));

/** Told again it keeps its beginning and what was decided, with the message of now. */
export function withException(
  state: BillingState,
  opened: ExceptionId & { readonly message: string },
  now: number,
): BillingState {
  const before = findException(state, opened);
  const exception = { since: now, ...before, ...opened };
  const others = state.exceptions.filter((other) => !isSame(other, opened));
  return { ...state, exceptions: [...others, exception] };
}

export function withoutException(state: BillingState, id: ExceptionId): BillingState {
  if (!findException(state, id)) return state;
  return { ...state, exceptions: state.exceptions.filter((other) => !isSame(other, id)) };
}

export interface Decision extends ExceptionResolution {
  readonly exception: ExceptionKind;
  readonly subject: string;
}

/** Throws where there is nothing to decide, or not like this. */
export function assertResolvable(state: BillingState, decision: Decision): void {
  const { exception: kind, subject } = decision;
  if (!findException(state, { kind, subject })) {
    const open = state.exceptions.map((one) => `${one.kind} ${one.subject}`);
    throw new DomainError(
      'exception_not_found',
      `${state.customer} has no open exception ${kind} of ${subject}: ` +
        (open.length > 0 ? `open are ${open.join(', ')}.` : 'none is open.'),
    );
  }
  const allowed = ALLOWED[kind];
  if (allowed.includes(decision.kind)) return;
  throw new DomainError(
    'resolution_not_possible',
    `${kind} can't be resolved by ${JSON.stringify(decision.kind)}: expected ${allowed.join(' or ')}.`,
  );
}

export function withResolution(state: BillingState, decision: Decision): BillingState {
  const { exception: kind, subject, ...resolution } = decision;
  return {
    ...state,
    exceptions: state.exceptions.map((exception) =>
      isSame(exception, { kind, subject })
        ? {
            ...exception,
            resolution: { kind: resolution.kind, reason: resolution.reason, by: resolution.by },
          }
        : exception,
    ),
  };
}
