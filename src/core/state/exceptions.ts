/** What an operator should see and may decide: each names what is wrong, with the numbers. */
import type { BillingState } from './billing-state';
import { DomainError } from '../errors';
import { shortened } from '../text';
import { EXCEPTIONS_MAX, isFullOfExceptions, withinBytes, withinRoom } from '../state-bounds';
import type {
  BillingException,
  ExceptionKind,
  ResolutionKind,
  ExceptionResolution,
} from './remembered';

/** What was found different stands from then on; any other decision leaves it to be compared. */
export const isAcceptance = (kind: ResolutionKind): boolean =>
  kind === 'accept_stripe' || kind === 'write_off';

/** What may be decided about each kind. */
const ALLOWED: Readonly<Record<ExceptionKind, readonly ResolutionKind[]>> = {
  report_refused: ['retry'],
  report_rejected: ['accept_stripe'],
  invoice_differs: ['accept_stripe', 'correct', 'write_off', 'retry'],
  finalization_failed: ['retry'],
  invoice_not_advancing: ['retry'],
  invoice_gone: ['write_off', 'retry'],
  usage_uninvoiced: ['write_off'],
  customer_deleted: ['write_off'],
  correction_uninvoiced: ['accept_stripe', 'write_off'],
  stripe_refused: ['retry'],
  usage_rejected: ['write_off'],
  usage_after_end: ['write_off'],
  upgrade_unpaid: ['retry'],
  subscription_duplicate: ['retry'],
  price_differs: ['accept_stripe', 'retry'],
  items_exceeded: ['retry'],
  usage_unpriced: ['write_off'],
  record_refused: ['retry'],
  ledger_behind: ['correct'],
};

export const EXCEPTION_KINDS = Object.keys(ALLOWED) as ExceptionKind[];

export const resolutionsOf = (kind: ExceptionKind): readonly ResolutionKind[] => ALLOWED[kind];

type ExceptionId = Pick<BillingException, 'kind' | 'subject'>;

const isSame = (a: ExceptionId, b: ExceptionId): boolean =>
  a.kind === b.kind && a.subject === b.subject;

export const findException = (state: BillingState, id: ExceptionId): BillingException | undefined =>
  state.exceptions.find((exception) => isSame(exception, id));

/**
 * An exception that is told again keeps its beginning and what was decided, with the message of
 * now.
 */
export function withException(
  state: BillingState,
  opened: ExceptionId & Pick<BillingException, 'message' | 'rejected'>,
  now: number,
): BillingState {
  const earlierException = findException(state, opened);
  if (!earlierException && isFullOfExceptions(state) && !isOfDecision(opened))
    return withOneMore(state, opened, now);
  return withOpen(state, { since: now, ...earlierException, ...opened });
}

function withOpen(state: BillingState, exception: BillingException): BillingState {
  const others = state.exceptions.filter((other) => !isSame(other, exception));
  return { ...state, exceptions: withinRoom([...others, exception]) };
}

/** Beyond the most that are listed all are one, with their number: it stays until it is decided. */
export const OTHERS = { kind: 'stripe_refused', subject: 'others' } as const;

function withOneMore(
  state: BillingState,
  { kind, subject, message }: ExceptionId & Pick<BillingException, 'message'>,
  now: number,
): BillingState {
  const name = `${kind} ${subject}`;
  const { since = now, rejected } = findException(state, OTHERS) ?? {};
  const { count, first } = { count: (rejected?.count ?? 0) + 1, first: rejected?.first ?? name };
  return withOpen(state, {
    ...{ ...OTHERS, since, rejected: { count, first: shortened(first, SUBJECT_CHARACTERS_MAX) } },
    message:
      `${EXCEPTIONS_MAX} exceptions are open, and of others it was told ${count} times. The first was ` +
      `${first}, the latest ${name}: ${message} Decide what is listed; they are told again.`,
  });
}

const SUBJECT_CHARACTERS_MAX = 200;

/** Carrying a decision out was refused: there are no more of these than decisions. */
const isOfDecision = ({ subject }: ExceptionId): boolean => subject.startsWith('resolution:');

/** One exception for all of them: each by itself they would outgrow the workflow's state. */
export const REJECTED_REPORTS = 'reports';

export function noteRejection(
  state: BillingState,
  meterEvent: string,
): NonNullable<BillingException['rejected']> {
  const earlierException = findException(state, {
    kind: 'report_rejected',
    subject: REJECTED_REPORTS,
  });
  const { count = 0, first = meterEvent } = earlierException?.rejected ?? {};
  return { count: count + 1, first };
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
    const openExceptions = state.exceptions.map((one) => `${one.kind} ${one.subject}`);
    throw new DomainError(
      'exception_not_found',
      `${state.customer} has no open exception ${kind} of ${subject}: ` +
        (openExceptions.length > 0 ? `open are ${openExceptions.join(', ')}.` : 'none is open.'),
    );
  }
  const allowed = ALLOWED[kind];
  assertUndecided(state, { kind, subject });
  if (!findException(state, { kind, subject })?.resolution) assertFewDecisions(state);
  if (allowed.includes(decision.kind)) return;
  throw new DomainError(
    'resolution_not_possible',
    `${kind} can't be resolved by ${JSON.stringify(decision.kind)}: expected ${allowed.join(' or ')}.`,
  );
}

/** A second decision would replace the first, whose caller was told that it is done. */
function assertUndecided(state: BillingState, id: ExceptionId): void {
  const { resolution } = findException(state, id) ?? {};
  const subject = resolutionSubject(id);
  const isRefused = state.exceptions.some((one) => one.subject === subject);
  if (!resolution || isRefused) return;
  throw new DomainError(
    'resolution_not_possible',
    `${id.kind} ${id.subject} is being resolved: ${resolution.by} has decided ${resolution.kind}. ` +
      'Look at it again once that is done.',
  );
}

/** What is decided is carried along until it is done. */
function assertFewDecisions({ exceptions, customer }: BillingState): void {
  const count = exceptions.filter(({ resolution }) => resolution).length;
  if (count < DECISIONS_MAX) return;
  throw new DomainError(
    'resolution_not_possible',
    `${count} decisions about ${customer} are being carried out: decide the next once some are done.`,
  );
}

const DECISIONS_MAX = 20;
const REASON_BYTES_MAX = 1_000;

/** What the exception is about that tells that carrying a decision out was refused. */
export const resolutionSubject = ({ kind, subject }: ExceptionId): string =>
  `resolution:${kind}:${subject}`;

/** The decision is carried out, and what it is about is as it was. */
export function withoutDecision(state: BillingState, id: ExceptionId): BillingState {
  const exceptions = state.exceptions.map((exception) =>
    isSame(exception, id) ? { ...exception, resolution: undefined } : exception,
  );
  return { ...state, exceptions };
}

export function withResolution(state: BillingState, decision: Decision): BillingState {
  const { exception: kind, subject, ...resolution } = decision;
  return {
    ...state,
    exceptions: state.exceptions.map((exception) =>
      isSame(exception, { kind, subject })
        ? {
            ...exception,
            resolution: {
              kind: resolution.kind,
              reason: withinBytes(resolution.reason, REASON_BYTES_MAX),
              by: withinBytes(resolution.by, REASON_BYTES_MAX),
            },
          }
        : exception,
    ),
  };
}
