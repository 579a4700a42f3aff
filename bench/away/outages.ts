/**
 * What is taken away, and how a day of it is played in minutes.
 *
 * Real: every connection to it is cut by the drill's proxies, for as long as the day lasts here;
 * the app's spool on a disk; each refusal of an API; the twelve steps in which the sandbox's clock
 * goes on by 24 hours, with the period's end in the middle; drafts that Stripe makes, and does not
 * finalize while nobody takes its news of them, up to 72 hours of its own clock.
 *
 * Stood for: our processes live a minute or two, not a day. Their timers, retries and leases are
 * about wall time and keep their configured lengths, so what ends after 22 hours does not end here:
 * test/workflows/hanging.test.ts plays that on Temporal's server with time skipped, and
 * test/life/outage.test.ts with fifty customers. Stripe forgets identifiers after 24 hours of wall
 * time: test/workflows/billing-time.test.ts. Of Stripe's webhooks, half are tried again by its
 * schedule, and half wait for six hours, as those of the outage's morning do at its end; so they
 * come only once the books are looked at. An age that a metric tells is multiplied by what the day
 * is longer than it was here.
 */
import type { LinkName } from '../../src/dev/stack-context';

export const THINGS = ['postgres', 'temporal', 'stripe'] as const;
export type Thing = (typeof THINGS)[number];

/**
 * In a cluster Temporal keeps its own data on the same Postgres. Stripe's own news can still reach
 * us while its API is away, and a draft that is told of can not be held.
 */
export const LINKS_TO: Readonly<Record<Thing, readonly LinkName[]>> = {
  postgres: ['postgres', 'temporal-postgres'],
  temporal: ['temporal'],
  stripe: ['stripe'],
};
