/** Slows a customer's calls down to what their access advises. Never refuses one. */
import { setTimeout as pause } from 'node:timers/promises';
import type { TollkeeperClient } from './client';
import { nextSlot, perMinuteOf } from './pace';
import type { Access } from './usage-api';
import { TollkeeperError } from './tollkeeper-error';

const CACHE_MS = 5_000;
const DELAY_MS_MAX = 30_000;
const CUSTOMERS_MAX = 10_000;

export interface ThrottleOptions {
  /** Milliseconds for which an answer is used again. Default: 5,000. */
  readonly cacheMs?: number;
  /** Milliseconds that a call is held at most. Default: 30,000. */
  readonly maxDelayMs?: number;
}

export interface Throttle {
  /**
   * Resolves when the customer's next call may go, with their access as last heard; undefined
   * while the API can't be asked. Never rejects.
   */
  throttle(customer: string): Promise<Access | undefined>;
}

interface Known {
  readonly askedAt: number;
  readonly access: Promise<Access | undefined>;
  /** The customer's next call may go then. */
  nextAt: number;
}

export function createThrottle(
  tollkeeper: TollkeeperClient,
  { cacheMs = CACHE_MS, maxDelayMs = DELAY_MS_MAX }: ThrottleOptions = {},
): Throttle {
  const entries = new Map<string, Known>();
  const ask = (customer: string): Promise<Access | undefined> =>
    tollkeeper.access(customer).catch((error: unknown) => {
      if (error instanceof TollkeeperError) tollkeeper.report(error);
      return undefined;
    });
  const look = (customer: string): Known => {
    const entry = entries.get(customer);
    const now = Date.now();
    if (entry && now - entry.askedAt < cacheMs) return entry;
    const freshEntry = { askedAt: now, access: ask(customer), nextAt: entry?.nextAt ?? 0 };
    entries.delete(customer);
    entries.set(customer, freshEntry);
    const oldestCustomer = entries.keys().next().value;
    if (entries.size > CUSTOMERS_MAX && oldestCustomer !== undefined)
      entries.delete(oldestCustomer);
    return freshEntry;
  };
  return {
    throttle: async (customer) => {
      const entry = look(customer);
      const access = await entry.access;
      const perMinute = perMinuteOf(access);
      if (perMinute === undefined) return access;
      // Asked again meanwhile: the newest counts.
      const state = entries.get(customer) ?? entry;
      const { waitMs, nextAt } = nextSlot(state.nextAt, Date.now(), { perMinute, maxDelayMs });
      state.nextAt = nextAt;
      if (waitMs > 0) await pause(waitMs);
      return access;
    },
  };
}
