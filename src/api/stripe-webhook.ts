/**
 * POST /webhooks/stripe: verified, put into the inbox, answered. What an event means is decided
 * later; nothing here waits for Temporal, because Stripe holds an invoice back while we fail.
 */
import express, { Router } from 'express';
import type { Request, Response } from 'express';
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import { z } from 'zod';
import { DomainError, invariant } from '../core/errors';
import { hintSubject } from '../core/stripe-event';
import { receiveStripeEvent } from '../db/stripe-events';
import type { ReceivedStripeEvent } from '../db/stripe-events';
import { STRIPE_API_VERSION } from '../stripe/client';

const SIGNATURE_AGE_SECONDS_MAX = 300;
const BODY_LIMIT = '2mb';

export interface StripeWebhookDeps {
  readonly pool: Pool;
  readonly stripe: Stripe;
  readonly config: {
    readonly STRIPE_WEBHOOK_SECRET: string;
    /** While a secret is rolled Stripe signs with both. */
    readonly STRIPE_WEBHOOK_SECRET_PREVIOUS?: string;
  };
}

/** Mount it before any JSON parser: the signature is over the bytes. */
export function stripeWebhookRoutes(deps: StripeWebhookDeps): Router {
  const router = Router();
  const rawBody = express.raw({ type: () => true, limit: BODY_LIMIT });
  router.post('/webhooks/stripe', rawBody, async (request: Request, response: Response) => {
    const body: unknown = request.body;
    const payload = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    verifySignature(deps, payload, request.header('stripe-signature'));
    const event = readEvent(payload);
    const isNew = await receiveStripeEvent(deps.pool, event);
    response.status(200).json({ received: true, duplicate: !isNew });
  });
  return router;
}

function verifySignature(
  { stripe, config }: StripeWebhookDeps,
  payload: Buffer,
  header: string | undefined,
): void {
  if (header === undefined) {
    throw signatureInvalid('The request has no Stripe-Signature header');
  }
  const { signature } = stripe.webhooks;
  invariant(signature, 'The stripe package has no signature verification.');
  const secrets = [config.STRIPE_WEBHOOK_SECRET, config.STRIPE_WEBHOOK_SECRET_PREVIOUS];
  const faults = secrets.flatMap((secret) => {
    if (secret === undefined) return [];
    try {
      signature.verifyHeader(payload, header, secret, SIGNATURE_AGE_SECONDS_MAX);
      return [null];
    } catch (error) {
      return [error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)];
    }
  });
  if (!faults.includes(null)) throw signatureInvalid(faults[0] ?? 'No secret is set');
}

function signatureInvalid(reason: string): DomainError {
  return new DomainError(
    'webhook_signature_invalid',
    `${reason}: expected a signature by STRIPE_WEBHOOK_SECRET (or …_PREVIOUS) that is at most ` +
      `${SIGNATURE_AGE_SECONDS_MAX} seconds old. Set the secret of this very endpoint.`,
  );
}

const reference = z.union([z.string(), z.looseObject({ id: z.string() })]).nullish();

const snapshotEvent = z.looseObject({
  id: z.string().min(1).max(255),
  object: z.literal('event'),
  type: z.string().min(1),
  api_version: z.string().nullable(),
  created: z.number().int().positive(),
  account: z.string().optional(),
  data: z.looseObject({
    object: z.looseObject({
      object: z.string().optional(),
      id: z.string().optional(),
      customer: reference,
    }),
  }),
});

/** A notification without a snapshot, and without a version. */
const thinEvent = z.looseObject({
  id: z.string().min(1).max(255),
  object: z.literal('v2.core.event'),
  type: z.string().min(1),
  created: z.iso.datetime(),
  related_object: z.looseObject({ id: z.string() }).nullish(),
});

const anyEvent = z.discriminatedUnion('object', [snapshotEvent, thinEvent]);

function readEvent(payload: Buffer): ReceivedStripeEvent {
  const text = payload.toString('utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new DomainError('invalid_request', 'The body is not JSON: expected a Stripe event.');
  }
  const parsed = anyEvent.safeParse(json);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new DomainError(
      'invalid_request',
      `The body is not a Stripe event: ${faults.join('; ')}`,
    );
  }
  const event = parsed.data;
  return event.object === 'event' ? fromSnapshot(event, text) : fromThin(event, text);
}

function fromSnapshot(event: z.infer<typeof snapshotEvent>, payload: string): ReceivedStripeEvent {
  if (event.api_version !== STRIPE_API_VERSION) {
    throw new DomainError(
      'webhook_api_version_mismatch',
      `Event ${event.id} is of API version ${event.api_version}: expected ${STRIPE_API_VERSION}. ` +
        'It was not kept, because its fields mean something else. Create the webhook endpoint ' +
        `with api_version ${STRIPE_API_VERSION}; Stripe repeats what happens from then on in it.`,
    );
  }
  const { object } = event.data;
  const ignoredBecause = reasonToIgnore(event);
  return {
    id: event.id,
    type: event.type,
    apiVersion: event.api_version,
    stripeAccount: event.account ?? null,
    objectId: object.id ?? null,
    stripeCustomerId: object.object === 'customer' ? (object.id ?? null) : idOf(object.customer),
    created: new Date(event.created * 1000),
    payload,
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
    ignoredBecause: 'it is a thin event: kept for the record',
  };
}

function reasonToIgnore(event: z.infer<typeof snapshotEvent>): string | null {
  if (event.account !== undefined) return `it is about the connected account ${event.account}`;
  return hintSubject(event.type) === undefined ? `billing has no use for ${event.type}` : null;
}

function idOf(customer: z.infer<typeof reference>): string | null {
  return typeof customer === 'string' ? customer : (customer?.id ?? null);
}
