/**
 * What a customer is told where something is refused: what it means for them, and what they can do.
 * What the error itself says is for operators, and names things that are none of a customer's.
 */
import { DomainError } from '../../core/errors';
import type { ErrorCode } from '../../core/errors';
import { problemOf } from '../http/problems';

const NOTHING = 'Nothing was changed, and nothing was charged.';
const AGAIN =
  'Press the button once more in a minute: it is done once, however often you press it.';
const OTHER_LINK = 'Go back to the app that gave you this page, and open it from there.';

const UNREADABLE = `The page asked for something that it may not. ${NOTHING} Load it again.`;

const WORDS: Partial<Readonly<Record<ErrorCode, string>>> = {
  unauthorized: `You can look at this page, and not change anything any more. ${OTHER_LINK}`,
  forbidden: `This link does not let you do that. ${OTHER_LINK}`,
  invalid_request: UNREADABLE,
  unsupported_media_type: UNREADABLE,
  payload_too_large: UNREADABLE,
  card_declined: `Your card was declined. ${NOTHING} Put in another card, then try again.`,
  payment_requires_action:
    `Your bank wants you to confirm the payment. ${NOTHING} Put your card in again: your bank then ` +
    'asks you, and later payments go through. Then try again.',
  customer_not_payable: `You have no card yet. ${NOTHING} Put one in, then try again.`,
  price_changed: `The price has changed since you were shown it. ${NOTHING} Look at it again.`,
  plan_unchanged: 'You are on this plan already.',
  plan_not_found: 'This plan is not sold any more. Load the page again to see those that are.',
  plan_change_not_possible: `This plan is sold by somebody else. ${NOTHING} Cancel first, then subscribe.`,
  cancellation_pending: `Your subscription is about to end. ${NOTHING} Keep it first, then change it.`,
  subscription_not_active: `Your subscription has ended, or has not begun. ${NOTHING}`,
  price_not_settled:
    `Your bill is being looked at, and until that is settled no change is charged. ${NOTHING} ` +
    'Try again later, or write to us.',
  usage_not_reported: `Your last usage is still being counted. ${NOTHING} Try again in a few minutes.`,
  billing_unavailable: `Your billing is busy, for example because a period is being closed. ${AGAIN}`,
  stripe_error: `Our payment service did not answer as it should. ${AGAIN}`,
  ledger_unavailable: `We can't write it down at the moment. ${AGAIN}`,
  idempotency_key_expired: 'It is not known whether that was done. Load the page again, and look.',
  idempotency_key_reused: 'Something else was asked meanwhile. Load the page again.',
  customer_deleted: 'Your account was closed. Write to us if that is wrong.',
  customer_not_found: 'Your account is not known any more.',
  customer_conflict: `You have a subscription already. ${NOTHING} Load the page again.`,
  catalog_not_pushed: 'This plan can not be bought at the moment. Try again later.',
  vendor_not_payable: 'This plan can not be bought at the moment. Try again later.',
  too_many_requests: 'That was often in a short time. Wait a moment, then try again.',
};

const OTHERWISE = `Something went wrong on our side, and we were told. ${AGAIN}`;

/** The code stays: the page goes by it. Bodies that can't be read are refused as elsewhere. */
export function inCustomersWords(error: unknown): DomainError {
  const code = problemOf(error).code as ErrorCode;
  const wait = error instanceof DomainError ? error.detail?.retryAfterSeconds : undefined;
  return new DomainError(
    code,
    WORDS[code] ?? OTHERWISE,
    wait === undefined ? undefined : { retryAfterSeconds: wait },
  );
}
