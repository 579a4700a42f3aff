/** What components of an app's own are made of: each answer, and what can be asked for with it. */
'use client';

import { useCallback, useMemo, useState, useSyncExternalStore } from 'react';
import { createOrderDesk, IDLE } from './data/order';
import type { OrderDesk, OrderState } from './data/order';
import { useProvided } from './provider';
import { newKey } from './data/refusal';
import { NOTHING_YET } from './data/store';
import type { Answer, Store } from './data/store';
import type { ChangePrice, InvoiceDocuments, Standing } from './data/standing';
import type { DashboardView } from './data/view';

export interface Shown<T> extends Answer<T> {
  readonly refresh: () => Promise<void>;
}

export interface Plans extends Shown<Standing> {
  /** What a change to the plan costs, now and at the next invoice. Rejects with a Refusal. */
  readonly preview: (plan: string) => Promise<ChangePrice>;
  /**
   * Changes the plan, at no more than was shown. `key` (32 hex digits): the same one is the same
   * order, however often it is sent. Rejects with a Refusal.
   */
  readonly change: (price: ChangePrice, key?: string) => Promise<void>;
  /** Leaves for Stripe's page, to buy a plan or, without one, to put in a card. */
  readonly checkout: (order: CheckoutOrder) => Promise<void>;
}

export interface CheckoutOrder {
  readonly plan?: string;
  /** Where the browser is led then. Left out: to this page. */
  readonly returnUrl?: string;
  readonly key?: string;
}

export interface Invoices extends Shown<InvoiceDocuments> {
  /** Reads the page after the last; undefined: there is none. Rejects with a Refusal. */
  readonly more: (() => Promise<void>) | undefined;
}

function useStore<T>(store: Store<T>): Shown<T> {
  const answer = useSyncExternalStore<Answer<T>>(store.subscribe, store.snapshot, nothingYet);
  return { ...answer, refresh: store.refresh };
}

const nothingYet = (): Answer<never> => NOTHING_YET;

/** `period`: `current`, which is live, `previous`, or the start of one. */
export function useUsage({ period }: { readonly period?: string } = {}): Shown<DashboardView> {
  const { billing } = useProvided();
  return useStore(billing.usageOf(period === 'current' ? undefined : period));
}

export function usePlans(): Plans {
  const { client, plan: store, invoices, usageOf } = useProvided().billing;
  const answer = useStore(store);
  const change = useCallback<Plans['change']>(
    async (price, key = newKey()) => {
      store.set(await client.changePlan(price, key));
      invoices.refreshIfShown();
      usageOf(undefined).refreshIfShown();
    },
    [client, store, invoices, usageOf],
  );
  const checkout = useCallback<Plans['checkout']>(
    async ({ plan, returnUrl = window.location.href, key = newKey() }) => {
      window.location.assign(await client.checkout(plan, returnUrl, key));
    },
    [client],
  );
  return { ...answer, preview: client.price, change, checkout };
}

export function useInvoices(): Invoices {
  const { client, invoices: store } = useProvided().billing;
  const answer = useStore(store);
  const { data } = answer;
  const more = useCallback(async () => {
    if (!data) return;
    const page = await client.invoices(data.after);
    store.set({ ...page, invoices: [...data.invoices, ...page.invoices] });
  }, [client, store, data]);
  return { ...answer, more: data && data.after !== null ? more : undefined };
}

export function useOrder(): OrderState & OrderDesk {
  const [state, setState] = useState(IDLE);
  const desk = useMemo(() => createOrderDesk(setState), []);
  return { ...state, ...desk };
}
