/**
 * POST /webhooks/stripe: verified, a renewal's draft held, put into the inbox, answered. What an
 * event means is decided later; nothing here waits for Temporal.
 */
import { Router } from 'express';
import type { Request, Response } from 'express';
import type { Pool } from 'pg';
import type Stripe from 'stripe';
import { DomainError, invariant } from '../../core/errors';
import { receiveStripeEvent, strangersEvents } from '../../db/stripe-events';
import type { ReceivedStripeEvent } from '../../core/state/stripe-event';
import { readWebhookEvent } from '../../stripe/received-event';
import { activeTraceparent } from '../../traces/spans';
import { clientNetwork } from '../client-address';
import { createBoundedReader } from '../limits/bounded-body';
import type { Refusals } from '../limits/refusals';
import { createHoldAtSight } from './hold-at-sight';

const SIGNATURE_AGE_SECONDS_MAX = 300;
/** Nobody knows yet whose they are: together they have little room, and an address a part of it. */
const BODY_BOUNDS = {
  bytesMax: 2 * 1024 * 1024,
  secondsMax: 15,
  allBytesMax: 64 * 1024 * 1024,
  ownerBytesMax: 16 * 1024 * 1024,
};

export interface StripeWebhookDeps {
  readonly pool: Pool;
  readonly stripe: Stripe;
  readonly isTestMode: boolean;
  readonly refusals: Refusals;
  /** Called for each event about a customer of the account who is none of ours. */
  readonly countStranger?: () => void;
  readonly config: {
    readonly STRIPE_WEBHOOK_SECRET: string;
    /** While a secret is rolled Stripe signs with both. */
    readonly STRIPE_WEBHOOK_SECRET_PREVIOUS?: string;
    /** Thin events come from a destination of their own, which has a secret of its own. */
    readonly STRIPE_WEBHOOK_SECRET_THIN?: string;
    /** So do those about vendors' accounts. */
    readonly STRIPE_WEBHOOK_SECRET_CONNECT?: string;
  };
}

/** Mount it before any JSON parser: the signature is over the bytes. */
export function stripeWebhookRoutes(deps: StripeWebhookDeps): Router {
  const router = Router();
  const holdAtSight = createHoldAtSight(deps.pool, deps.stripe);
  const readSigned = signedBodies(deps);
  router.post('/webhooks/stripe', async (request: Request, response: Response) => {
    const payload = await readSigned({ request, response });
    const event = readWebhookEvent(payload.toString('utf8'), deps);
    const holdOutcome = await outcomeOf(holdAtSight(event, Date.now()));
    // Kept also where it could not be held: the workflow tries, too.
    const isNew = await keep(deps, event);
    if (holdOutcome.status === 'rejected') throw holdOutcome.reason;
    response.status(200).json({ received: true, duplicate: !isNew });
  });
  return router;
}

/** Nothing is kept of an event about nobody of ours. False: the inbox has it already. */
async function keep(
  { pool, countStranger }: StripeWebhookDeps,
  event: ReceivedStripeEvent,
): Promise<boolean> {
  const isStrangers = (await strangersEvents(pool, [event])).has(event.id);
  if (!isStrangers) return receiveStripeEvent(pool, event, activeTraceparent());
  countStranger?.();
  return true;
}

const outcomeOf = async (work: Promise<void>) => (await Promise.allSettled([work]))[0];

/** Whoever signs wrongly is noted; one who goes on is refused before its body is read. */
function signedBodies(deps: StripeWebhookDeps) {
  const readBody = createBoundedReader(BODY_BOUNDS);
  return async (exchange: { request: Request; response: Response }): Promise<Buffer> => {
    const { request } = exchange;
    await deps.refusals.requireGoodFaith(exchange);
    try {
      const header = request.header('stripe-signature');
      if (header === undefined)
        throw signatureInvalid('The request has no Stripe-Signature header');
      if (!isOfNow(header)) throw signatureInvalid('The signature has no time that is near');
      const payload = await readBody(request, clientNetwork(request));
      verifySignature(deps, payload, header);
      return payload;
    } catch (error) {
      const isWrong = error instanceof DomainError && error.code === 'webhook_signature_invalid';
      if (isWrong) await deps.refusals.note(exchange, 'wrong_signature');
      throw error;
    }
  };
}

function verifySignature(
  { stripe, config }: StripeWebhookDeps,
  payload: Buffer,
  header: string,
): void {
  const { signature } = stripe.webhooks;
  invariant(signature, 'The stripe package has no signature verification.');
  const secrets = [
    config.STRIPE_WEBHOOK_SECRET,
    config.STRIPE_WEBHOOK_SECRET_PREVIOUS,
    config.STRIPE_WEBHOOK_SECRET_THIN,
    config.STRIPE_WEBHOOK_SECRET_CONNECT,
  ];
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

/**
 * It is known before the body is read, and Stripe's library looks at its age alone; clocks may
 * differ as much as it may be old.
 */
function isOfNow(header: string): boolean {
  const times = [...header.matchAll(/\bt=(\d+)/g)].map(([, second]) => Number(second));
  const now = Date.now() / 1000;
  return (
    times.length > 0 && times.every((time) => Math.abs(now - time) <= SIGNATURE_AGE_SECONDS_MAX + 1)
  );
}

function signatureInvalid(reason: string): DomainError {
  return new DomainError(
    'webhook_signature_invalid',
    `${reason}: expected a signature by STRIPE_WEBHOOK_SECRET (or …_PREVIOUS, …_THIN, …_CONNECT) ` +
      `that is at most ${SIGNATURE_AGE_SECONDS_MAX} seconds old. Set the secret of this very endpoint.`,
  );
}
