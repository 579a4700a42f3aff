/** The OpenAPI document's problems: what each code means, and which an operation may answer. */
import { z } from 'zod';
import type { ZodOpenApiResponseObject, ZodOpenApiResponsesObject } from 'zod-openapi';
import { problemSchema, statusOf } from './problems';

/** Codes that callers are told; the others are of commands, of Stripe's webhook, or bugs. */
const MEANINGS = {
  invalid_request: 'The path, query, header or body is not as described; `detail` names each fault',
  invalid_usage_event: 'The usage event is not as described; `detail` names each fault',
  usage_event_conflict: 'Another usage event of the customer has this id, with other content',
  usage_events_rejected: 'Some events can not be counted: `rejectedEvents` names each',
  usage_too_large: 'The customer would have more tokens in a month than can be: a broken counter',
  usage_archived:
    'Usage events of that time are archived: `archivedMonths` names the months. Ask for a later time',
  occurred_at_out_of_range: 'The call lies too far back, or ahead of now',
  customer_not_found: 'There is no such customer',
  customer_conflict:
    'The customer has another plan, trial or test clock: none of them changes here',
  customer_not_payable: 'The customer is not at Stripe yet, or has no default payment method',
  subscription_not_active: 'The customer has no subscription yet, or it has ended',
  plan_not_found: 'The catalog has no such plan',
  plan_unchanged: 'The customer is on that plan already, or will be',
  plan_change_not_possible:
    'The plans belong to different sellers, or it would credit what nobody has paid',
  cancellation_pending: 'The subscription is to end: take that back first, or by `resume`',
  price_not_settled:
    'Stripe charges other than was sold, or could not be asked: see `price_differs` and open exceptions',
  price_changed: 'It costs more by now than was shown. Nothing is changed: show the price again',
  payment_requires_action:
    'The bank wants the customer to confirm the payment: `detail` says where. Nothing is changed yet',
  customer_deleted: 'The customer was deleted at Stripe, for good: use another id',
  period_not_found: 'The customer has no such period',
  usage_not_reported: 'Usage is not at Stripe yet; nothing was canceled. Try again later',
  exception_not_found: 'No such exception is open',
  resolution_not_possible: 'That exception can not be decided in that way',
  grant_conflict: 'Another grant has this id, with other content',
  too_many_grants: 'The customer has as many usable grants as are kept',
  state_full: 'The workflow of the customer carries as much as it may: settle something first',
  dunning_not_found: 'The customer has no such unpaid invoice',
  idempotency_key_reused: 'The Idempotency-Key belongs to a request of another route or body',
  idempotency_key_expired:
    'The Idempotency-Key was used more than a day ago, and no answer was kept: it may have been done',
  vendor_not_found: 'There is no such vendor',
  vendor_conflict: 'The vendor has its account in another country',
  vendor_not_payable: "Stripe does not let the vendor's account receive money yet",
  vendor_charge_conflict: 'Another sale has this id, with other content',
  card_declined: 'The payment was declined; `declineCode` says why',
  unauthorized: 'No API key, or not a valid one',
  forbidden: 'The API key lacks the scope, or is of one customer and this is about another',
  customer_forbidden: 'The API key is of one customer, and the usage event is of another',
  payload_too_large: 'The body is larger than 2 MiB, or has more than 1,000 events',
  unsupported_media_type: 'The body has a media type that is not understood, or is compressed',
  too_many_requests:
    'The key asks too often, or too much waits already: try again after `Retry-After` seconds',
  ledger_unavailable: 'The database can not be reached: try again after `Retry-After` seconds',
  billing_unavailable:
    'The billing workflow did not answer: what was asked for may still happen. Repeat the request',
  catalog_not_pushed: 'Stripe has no price of the plan: run `tollkeeper catalog push`',
  internal_error:
    'A fault of ours, which is in the log: tell whoever runs this. Repeating may help',
  stripe_error: 'Stripe refused, or can not be reached: `detail` has its reason',
} as const;

export type ToldCode = keyof typeof MEANINGS;

/** Whoever asks for anything may be told these. */
const ALWAYS: readonly ToldCode[] = [
  'unauthorized',
  'forbidden',
  'too_many_requests',
  'ledger_unavailable',
  'internal_error',
];

/** Other answers have the last two as well, so that nobody need be refused to learn of them. */
const LIMIT_HEADERS = {
  'Retry-After': {
    schema: { type: 'string' as const },
    description: 'After so many seconds the same request is taken',
  },
  'RateLimit-Policy': {
    schema: { type: 'string' as const },
    description: 'The limit: so many (`q`) in so many seconds (`w`). `"usage";q=20000;w=10`',
  },
  RateLimit: {
    schema: { type: 'string' as const },
    description: 'What is left of it (`r`), and for how many seconds it is counted (`t`)',
  },
};

/** Node answers this before anything of ours has seen the request. */
const TOO_LONG = { description: 'Path and headers are over 16 KiB' };

/** Whoever sends a body may be told these besides, before it is looked at. */
export const BODY_REFUSALS = [
  'payload_too_large',
  'unsupported_media_type',
] as const satisfies readonly ToldCode[];

/** Codes that an operation answers under another status than is usual. */
type Exceptions = Partial<Record<ToldCode, number>>;

export const problems = (
  codes: readonly ToldCode[],
  exceptions: Exceptions = {},
): ZodOpenApiResponsesObject => refusalsAs(problem, codes, exceptions);

/** The same of an operation whose refusals have another form. */
export function refusalsAs(
  describe: (codes: readonly ToldCode[]) => ZodOpenApiResponseObject,
  codes: readonly ToldCode[],
  exceptions: Exceptions = {},
): ZodOpenApiResponsesObject {
  const byStatus: Record<string, ToldCode[]> = {};
  for (const code of new Set([...ALWAYS, ...codes]))
    (byStatus[String(exceptions[code] ?? statusOf(code))] ??= []).push(code);
  const responses = Object.entries(byStatus).map(([status, codes]) => [
    status,
    { ...describe(codes), ...(status === '429' && { headers: LIMIT_HEADERS }) },
  ]);
  return { ...(Object.fromEntries(responses) as ZodOpenApiResponsesObject), '431': TOO_LONG };
}

/** What each of the codes means, for people. */
export const meanings = (codes: readonly ToldCode[]): string =>
  codes.map((code) => `\`${code}\`: ${MEANINGS[code]}`).join('. ');

function problem(codes: readonly ToldCode[]): ZodOpenApiResponseObject {
  const schema = z.intersection(problemSchema, z.looseObject({ code: z.enum(codes) }));
  return {
    description: meanings(codes),
    content: { 'application/problem+json': { schema } },
  };
}

export const meaningOf = (code: string): string => MEANINGS[code as ToldCode];
