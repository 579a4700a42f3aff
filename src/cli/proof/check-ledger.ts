/** Compares ledger, workflow and Stripe of one customer or of all: what `reconcile` shows. */
import { setTimeout as pause } from 'node:timers/promises';
import { requireCustomer } from '../../api/customers/customer-period';
import { allCustomers } from '../../db/customers';
import type { Customer } from '../../db/customers';
import { checkCustomer } from '../../drift/check-customer';
import type { CustomerCheck } from '../../drift/check-customer';
import { createMeterSums } from '../../stripe/meter-sums';
import type { MeterSums } from '../../stripe/meter-sums';
import type { OperatorDeps } from '../operator/operator';

const PAUSE_MS = 500;

export interface LedgerCheck {
  readonly ok: boolean;
  readonly customers: readonly CustomerCheck[];
  /** Who could not be checked, such as one that was deleted at Stripe. Others are all the same. */
  readonly unread: readonly { readonly customer: string; readonly reason: string }[];
}

/** One customer, or all. */
export async function checkLedger(
  deps: OperatorDeps,
  id: string | undefined,
  waitMs: number,
): Promise<LedgerCheck> {
  const meters = createMeterSums(deps.stripe);
  const customers: CustomerCheck[] = [];
  const unreadCustomers: { customer: string; reason: string }[] = [];
  if (id === undefined) {
    for await (const customer of allCustomers(deps.pool)) {
      try {
        customers.push(await checkWhenArrived(deps, meters, customer, waitMs));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        unreadCustomers.push({ customer: customer.customer, reason });
      }
    }
  } else {
    const customer = await requireCustomer(deps.pool, id);
    customers.push(await checkWhenArrived(deps, meters, customer, waitMs));
  }
  const ok = unreadCustomers.length === 0 && customers.every(({ equal }) => equal);
  return { ok, customers, unread: unreadCustomers };
}

/** Usage on its way differs for a moment: only what still differs after a while is a drift. */
async function checkWhenArrived(
  deps: OperatorDeps,
  meters: MeterSums,
  customer: Customer,
  waitMs: number,
): Promise<CustomerCheck> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    const check = await checkCustomer(deps, meters, customer);
    if (check.equal || Date.now() >= deadline) return check;
    await pause(PAUSE_MS);
  }
}
