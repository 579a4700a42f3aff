/**
 * The whole product beside an account whose time is moved by hand. It begins some days ago, so that
 * a month can pass at Stripe while usage of it is still taken.
 */
import { eventually } from '../stack/eventually';
import { startProduct } from '../stack/product';
import type { Product } from '../stack/product';
import { recordCalls } from './recorded-calls';
import type { RecordedCalls } from './recorded-calls';

const DAY_MS = 86_400_000;
const PATIENCE_MS = 90_000;

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

export async function startMovedAccount(daysAgo: number): Promise<MovedAccount> {
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
  return {
    ...{ product, calls, moveTo },
    now: () => Math.floor((Date.now() + shiftMs) / 1000),
    renew: async (second, untilLookedAt) => {
      await moveTo(second + 60);
      await untilLookedAt();
      // Stripe's hour begins when its webhooks are taken; then it finalizes what nobody holds.
      let hours = 2;
      await eventually(
        async () => {
          hours += 1;
          await moveTo(second + hours * 3_600);
          return (await product.stripe.invoices.list({ status: 'draft', limit: 1 })).data;
        },
        ({ length }) => length === 0,
        PATIENCE_MS,
      );
    },
  };
}
