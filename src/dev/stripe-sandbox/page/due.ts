/** What will happen next on a clock, for a person to read; the steps themselves are billing's. */
import { expiryOf } from '../billing/credits';
import { INCOMPLETE_FOR_S } from '../billing/cycle';
import { noticeOf, resumptionOf } from '../billing/trials';
import type { Subscription } from '../objects';
import type { World } from '../world';

export interface Due {
  at: number;
  what: string;
  /** The object that it happens to. */
  id: string;
}

const RENEWED: ReadonlySet<string> = new Set(['active', 'past_due', 'trialing', 'unpaid']);

export function dueOn(world: World, testClock: string | null): Due[] {
  const due: Due[] = [];
  for (const invoice of world.store.all('invoice')) {
    if (invoice.test_clock !== testClock || !invoice.auto_advance) continue;
    if (invoice.status === 'draft' && invoice.automatically_finalizes_at !== null)
      due.push({ at: invoice.automatically_finalizes_at, what: 'is finalized', id: invoice.id });
    if (invoice.status === 'open' && invoice.next_payment_attempt !== null)
      due.push({ at: invoice.next_payment_attempt, what: 'is tried again', id: invoice.id });
  }
  for (const subscription of world.store.all('subscription'))
    if (subscription.test_clock === testClock) due.push(...dueBesides(subscription));
  for (const grant of world.store.all('billing.credit_grant')) {
    const at = grant.test_clock === testClock ? expiryOf(world, grant) : null;
    if (at !== null) due.push({ at, what: 'expires', id: grant.id });
  }
  for (const { at, id, isLast } of periodEnds(world, testClock))
    due.push({ at, what: isLast ? 'ends' : 'renews', id });
  return due.sort((a, b) => a.at - b.at);
}

/** What happens to a subscription besides its periods' ends. */
function dueBesides(subscription: Subscription): Due[] {
  const { id, status, created } = subscription;
  const notice = noticeOf(subscription);
  const resumption = resumptionOf(subscription);
  return [
    ...(status === 'incomplete'
      ? [{ at: created + INCOMPLETE_FOR_S, what: 'expires unpaid', id }]
      : []),
    ...(notice === null ? [] : [{ at: notice, what: "announces its trial's end", id }]),
    ...(resumption === null ? [] : [{ at: resumption, what: 'is collected again', id }]),
  ];
}

export function nextPeriodEnd(world: World, testClock: string, after: number): number | null {
  const ends = periodEnds(world, testClock).map(({ at }) => at);
  const later = ends.filter((at) => at > after);
  return later.length === 0 ? null : Math.min(...later);
}

function periodEnds(world: World, testClock: string | null) {
  return world.store
    .all('subscription')
    .filter((one) => one.test_clock === testClock && RENEWED.has(one.status))
    .flatMap((one) => {
      const items = world.store.subscriptionItems(one.id);
      const end = Math.min(...items.map((item) => item.current_period_end));
      if (!Number.isFinite(end)) return [];
      const isLast = one.cancel_at !== null && one.cancel_at <= end;
      return [{ at: isLast ? Number(one.cancel_at) : end, id: one.id, isLast }];
    });
}
