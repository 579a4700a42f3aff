/** All that a page knows of its customer's billing: one of these for each provider. */
import { createClient } from './client';
import type { Client, TollkeeperSettings } from './client';
import { follow } from './follow';
import { newsOf } from './news';
import { createStore } from './store';
import type { Store } from './store';
import type { InvoiceDocuments, Standing } from './standing';
import type { DashboardView } from './view';

export interface Billing {
  readonly client: Client;
  readonly plan: Store<Standing>;
  readonly invoices: Store<InvoiceDocuments>;
  /** `period`: undefined for the current one, which is live. */
  usageOf(period: string | undefined): Store<DashboardView>;
}

export function createBilling(settings: TollkeeperSettings): Billing {
  const client = createClient(settings);
  const join = createFollowing(client, {
    onView: (view) => {
      const last = usageOf(undefined).snapshot().data;
      usageOf(undefined).set(view);
      if (last && newsOf(last) === newsOf(view)) return;
      for (const store of [plan, invoices]) store.refreshIfShown();
    },
    onGap: () => {
      for (const store of [plan, invoices, ...usage.values()]) store.refreshIfShown();
    },
  });
  const plan = createStore(() => client.plan(), join);
  const invoices = createStore(() => client.invoices(null), join);
  const usage = new Map<string | undefined, Store<DashboardView>>();
  const usageOf: Billing['usageOf'] = (period) => {
    const store = usage.get(period) ?? createStore(() => client.usage(period), join);
    usage.set(period, store);
    return store;
  };
  return { client, plan, invoices, usageOf };
}

/** One stream for all that is shown, as long as anything is. */
function createFollowing(client: Client, follower: Parameters<typeof follow>[1]) {
  let shown = 0;
  let leave: (() => void) | undefined;
  return () => {
    shown += 1;
    leave ??= follow(client, follower);
    return () => {
      shown -= 1;
      if (shown > 0) return;
      leave?.();
      leave = undefined;
    };
  };
}
