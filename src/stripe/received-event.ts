/** A Stripe event, as the webhook brings it or as `events.list` has it, as a row of the inbox. */
import type Stripe from 'stripe';
import { z } from 'zod';
import { DomainError } from '../core/errors';
import { CUSTOMER_METADATA_KEY, isFirstCardKey, SALE_METADATA_KEY } from '../core/ids';
import { hintSubject, isAccountEvent } from '../core/state/stripe-event';
import type { ReceivedStripeEvent } from '../core/state/stripe-event';
import { keptLevels } from '../core/text';
import { STRIPE_API_VERSION } from './client';

/** The last second of the year 9999: no time of ours is later. */
const SECOND_MAX = 253_402_300_799;

const reference = z.union([z.string(), z.looseObject({ id: z.string() })]).nullish();

const metadata = z.record(z.string(), z.string()).nullish();

const snapshotEvent = z.looseObject({
  id: z.string().min(1).max(255),
  object: z.literal('event'),
  type: z.string().min(1),
  api_version: z.string().nullable(),
  created: z.number().int().positive().max(SECOND_MAX),
  livemode: z.boolean().optional(),
  account: z.string().optional(),
  request: z.looseObject({ idempotency_key: z.string().nullish() }).nullish().catch(null),
  data: z.looseObject({
    previous_attributes: z
      .looseObject({ invoice_settings: z.looseObject({}).nullish() })
      .nullish()
      .catch(null),
    object: z.looseObject({
      object: z.string().optional(),
      id: z.string().optional(),
      customer: reference,
      metadata,
      parent: z
        .looseObject({ subscription_details: z.looseObject({ metadata }).nullish() })
        .nullish()
        .catch(null),
    }),
  }),
});
type SnapshotEvent = z.infer<typeof snapshotEvent>;

/** A notification without a snapshot, and without a version. */
const thinEvent = z.looseObject({
  id: z.string().min(1).max(255),
  object: z.literal('v2.core.event'),
  livemode: z.boolean().optional(),
  type: z.string().min(1),
  created: z.iso.datetime(),
  related_object: z.looseObject({ id: z.string() }).nullish(),
});

const anyEvent = z.discriminatedUnion('object', [snapshotEvent, thinEvent]);

/**
 * Reads a verified webhook's body. Stripe sends events of the other mode, too, as those of test
 * accounts to live endpoints of Connect: they are noted, and lead to nothing.
 */
export function readWebhookEvent(
  body: string,
  { isTestMode }: { readonly isTestMode: boolean },
): ReceivedStripeEvent {
  const event = parse(parseJson(body));
  const received = event.object === 'event' ? fromWebhook(event, body) : fromThin(event, body);
  const isOfOtherMode = event.livemode === isTestMode;
  if (!isOfOtherMode) return received;
  const [its, ours] = isTestMode ? ['live', 'test'] : ['test', 'live'];
  return { ...received, ignoredBecause: `it is of ${its} mode, and our key is of ${ours} mode` };
}

/**
 * Reads an event of a list: in the account's version, and not in our webhook endpoint's. It
 * is a hint all the same: ids, customer and metadata are where they have always been.
 */
export function readListedEvent(stripeEvent: Stripe.Event): ReceivedStripeEvent {
  const body = JSON.stringify(keptLevels(stripeEvent));
  const event = parse(stripeEvent);
  return event.object === 'event' ? fromSnapshot(event, body) : fromThin(event, body);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new DomainError('invalid_request', 'The body is not JSON: expected a Stripe event.');
  }
}

function parse(json: unknown): z.infer<typeof anyEvent> {
  const result = anyEvent.safeParse(json);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new DomainError('invalid_request', `The body is not a Stripe event: ${faults.join('; ')}`);
}

function fromWebhook(event: SnapshotEvent, payload: string): ReceivedStripeEvent {
  if (event.api_version === STRIPE_API_VERSION) return fromSnapshot(event, payload);
  throw new DomainError(
    'webhook_api_version_mismatch',
    `Event ${event.id} is of API version ${event.api_version}: expected ${STRIPE_API_VERSION}. ` +
      'It was not kept, because its fields mean something else. Create the webhook endpoint ' +
      `with api_version ${STRIPE_API_VERSION}; Stripe repeats what happens from then on in it.`,
  );
}

function fromSnapshot(event: SnapshotEvent, payload: string): ReceivedStripeEvent {
  const { object } = event.data;
  const ignoredBecause = reasonToIgnore(event);
  const namedCustomer = namedIn(event);
  return {
    id: event.id,
    type: event.type,
    apiVersion: event.api_version,
    stripeAccount: event.account ?? null,
    objectId: object.id ?? null,
    stripeCustomerId: object.object === 'customer' ? (object.id ?? null) : idOf(object.customer),
    created: new Date(event.created * 1000),
    payload,
    ...(namedCustomer !== undefined && { namedCustomer }),
    ...(ignoredBecause !== null && { ignoredBecause }),
  };
}

function fromThin(event: z.infer<typeof thinEvent>, payload: string): ReceivedStripeEvent {
  return {
    id: event.id,
    type: event.type,
    apiVersion: null,
    stripeAccount: null,
    objectId: event.related_object?.id ?? null,
    stripeCustomerId: null,
    created: new Date(event.created),
    payload,
    ...(hintSubject(event.type) === undefined && {
      ignoredBecause: 'it is a thin event: kept for the record',
    }),
  };
}

function reasonToIgnore(event: SnapshotEvent): string | null {
  if (event.account !== undefined)
    return isAccountEvent(event.type)
      ? null
      : `${event.type} of the connected account ${event.account} is not ours to follow`;
  const isSale = event.data.object.metadata?.[SALE_METADATA_KEY] !== undefined;
  if (event.type === 'charge.succeeded' && !isSale) return 'it is no one-off sale';
  if (event.type === 'customer.updated' && !hasOtherCard(event)) return 'it is no other card';
  if (event.type === 'customer.updated' && isFirstCardKey(event.request?.idempotency_key ?? ''))
    return 'it is the card that we made the customer with';
  return hintSubject(event.type) === undefined ? `billing has no use for ${event.type}` : null;
}

const hasOtherCard = ({ data: { previous_attributes: previous } }: SnapshotEvent): boolean =>
  previous?.invoice_settings?.default_payment_method !== undefined;

/** An invoice has the metadata that its subscription had. */
const namedIn = ({ data: { object } }: SnapshotEvent): string | undefined =>
  object.metadata?.[CUSTOMER_METADATA_KEY] ??
  object.parent?.subscription_details?.metadata?.[CUSTOMER_METADATA_KEY];

function idOf(customer: z.infer<typeof reference>): string | null {
  return typeof customer === 'string' ? customer : (customer?.id ?? null);
}
