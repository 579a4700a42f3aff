/**
 * Calls of customers whose plan says so go slower, by the rule that the SDK has; all others are
 * told in headers what they are advised. Nobody is held whose access can't be read. Decision 45.
 */
import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { DomainError } from '../../core/errors';
import type { Access } from '../../core/subscription/access';
import { nextSlot, perMinuteOf } from '../../sdk/pace';

/** It has headers still. */
type Told = Pick<ServerResponse, 'setHeader'>;

export type ReadAccess = (customer: string) => Promise<Access | undefined>;

export interface Pacer {
  /**
   * Resolves when the customer's call may go; what it is told stands in the answer's headers then.
   * Throws `too_many_requests` where more calls wait than have places in the next half minute.
   */
  take(
    customer: string,
    call: { readonly response: Told; readonly signal: AbortSignal },
  ): Promise<void>;
}

/** An answer is used again so long, and then until a newer one has come. */
const FRESH_MS = 5_000;
const USABLE_MS = 60_000;
/** A call waits so long for an answer, once it needs one. */
const ASK_MS_MAX = 250;
const DELAY_MS_MAX = 30_000;
const CUSTOMERS_MAX = 10_000;

interface Known {
  access: Access | undefined;
  readAt: number;
  reading: Promise<void> | undefined;
  /** The customer's next call may go then. */
  nextAt: number;
}

export function createPacer(readAccess: ReadAccess, log: Logger): Pacer {
  const entries = new Map<string, Known>();
  const entryOf = (customer: string): Known => {
    const entry = entries.get(customer) ?? {
      ...{ access: undefined, readAt: -Infinity, reading: undefined, nextAt: 0 },
    };
    // The one that was not asked for longest is forgotten first.
    entries.delete(customer);
    entries.set(customer, entry);
    const [oldest] = entries.keys();
    if (entries.size > CUSTOMERS_MAX && oldest !== undefined) entries.delete(oldest);
    return entry;
  };
  const read = async (customer: string, entry: Known): Promise<void> => {
    try {
      entry.access = await readAccess(customer);
      entry.readAt = Date.now();
    } catch (err) {
      log.warn({ err, customer }, 'access can not be read: calls go as they come');
    } finally {
      entry.reading = undefined;
    }
  };
  const accessFor = async (customer: string, entry: Known): Promise<Access | undefined> => {
    const age = () => Date.now() - entry.readAt;
    if (age() > FRESH_MS) entry.reading ??= read(customer, entry);
    if (age() > USABLE_MS) await Promise.race([entry.reading, pause(ASK_MS_MAX, undefined, UNREF)]);
    return age() > USABLE_MS ? undefined : entry.access;
  };
  return {
    take: async (customer, { response, signal }) => {
      const entry = entryOf(customer);
      const access = await accessFor(customer, entry);
      if (access === undefined) return;
      tell(response, access);
      const perMinute = perMinuteOf(access);
      if (perMinute === undefined) return;
      const now = Date.now();
      const slot = nextSlot(entry.nextAt, now, { perMinute, maxDelayMs: DELAY_MS_MAX });
      if (slot.isBeyond) throw beyond(access, perMinute, entry.nextAt - now - DELAY_MS_MAX);
      entry.nextAt = slot.nextAt;
      if (slot.waitMs <= 0) return;
      response.setHeader('x-tollkeeper-delayed-ms', Math.ceil(slot.waitMs));
      await pause(slot.waitMs, undefined, { signal }).catch(givenUp);
    },
  };
}

const UNREF = { ref: false };

/** Its caller has left, or this process is being stopped. */
function givenUp(): never {
  throw new DomainError('upstream_unreachable', 'The call was not made yet. Send it again.');
}

function tell(response: Told, access: Access): void {
  const { state, reasons, requestsPerMinute, upgrade } = access;
  if (state === 'ok') return;
  response.setHeader('x-tollkeeper-access', state);
  response.setHeader('x-tollkeeper-access-reasons', reasons.map(({ code }) => code).join(', '));
  if (requestsPerMinute !== undefined)
    response.setHeader('x-tollkeeper-requests-per-minute', requestsPerMinute);
  if (upgrade !== undefined)
    response.setHeader('x-tollkeeper-upgrade', encodeURIComponent(upgrade));
}

function beyond({ reasons }: Access, perMinute: number, waitMs: number): DomainError {
  const messages = reasons.map(({ message }) => message).join(' ');
  return new DomainError(
    'too_many_requests',
    `Calls go at ${perMinute} a minute, and those of the next ${DELAY_MS_MAX / 1_000} seconds wait ` +
      `already. ${messages} This one was not made: send it again.`,
    { retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)) },
  );
}
