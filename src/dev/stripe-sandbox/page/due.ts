/** What will happen next on a clock, for a person to read; the steps themselves are billing's. */
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
  for (const { at, id, isLast } of periodEnds(world, testClock))
    due.push({ at, what: isLast ? 'ends' : 'renews', id });
  return due.sort((a, b) => a.at - b.at);
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
