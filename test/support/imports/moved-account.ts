/**
 * The whole product beside an account whose time is moved by hand. It begins some days ago, so that
 * a month can pass at Stripe while usage of it is still taken.
 */
import { eventually } from '../stack/eventually';
import { startProduct } from '../stack/product';
import type { Product } from '../stack/product';
import { recordCalls } from '../stripe/recorded-calls';
import type { RecordedCalls } from '../stripe/recorded-calls';

const DAY_MS = 86_400_000;
/** So many are looked at at a time. */
const DRAFTS = 20;

export interface MovedAccount {
  readonly product: Product;
  readonly calls: RecordedCalls;
  /** Unix seconds of the account's time. */
  now(): number;
  /** Everything that is due by then happens. */
  moveTo(second: number): Promise<void>;
  /** A renewal: its draft is made, looked at by whoever has to, and leaves. */
  renew(second: number, untilLookedAt: () => Promise<unknown>): Promise<void>;
}

export async function startMovedAccount(
  daysAgo: number,
  patienceMs = 90_000,
): Promise<MovedAccount> {
  let shiftMs = -daysAgo * DAY_MS;
  const calls = recordCalls();
  const product = await startProduct(
    { LOG_LEVEL: 'silent' },
    { now: () => Date.now() + shiftMs, recordTo: calls.folder },
  );
  const moveTo = async (second: number) => {
    shiftMs = second * 1000 - Date.now();
    await fetch(`${product.stripeUrl}/_sandbox/tick`, { method: 'POST' });
  };
  const nowS = () => Math.floor((Date.now() + shiftMs) / 1000);
  return {
    ...{ product, calls, moveTo },
    now: nowS,
    renew: async (second, untilLookedAt) => {
      await moveTo(second + 60);
      await untilLookedAt();
      // Stripe's hour begins when its webhooks are taken; then it finalizes what nobody holds.
      await eventually(
        async () => {
          const { data } = await product.stripe.invoices.list({ status: 'draft', limit: DRAFTS });
          const heard = data.filter(({ webhooks_delivered_at: at }) => at !== null);
          const dueAt = Math.max(...heard.map((one) => one.automatically_finalizes_at ?? 0), 0);
          if (dueAt > 0) await moveTo(Math.max(dueAt, nowS()) + 1);
          return data;
        },
        ({ length }) => length === 0,
        patienceMs,
      );
    },
  };
}
