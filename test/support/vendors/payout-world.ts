/** The outside of payouts, in memory: charges, one vendor's account at Stripe, and its books. */
import { randomUUID } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import { WorkflowClient } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import type { Activities } from '../../activities';
import { payoutWorkflowId } from '../../src/core/ids';
import type { PayoutStatus } from '../../src/core/payout-details';
import { splitCharge } from '../../src/core/payout-split';
import type { PaidCharge, VendorPolicy } from '../../src/core/payout';
import {
  accountOf,
  duesToBook,
  findPosition,
  offsetToBook,
  positionsOf,
} from '../../src/core/payout-position';
import { earningsToBook, movementsToBook } from '../../src/core/vendor-books';
import type { VendorEntry } from '../../src/core/vendor-books';
import {
  BILLING_TASK_QUEUE,
  PAYOUT_WORKFLOW_TYPE,
  payoutChanged,
  payoutStatus,
  STRIPE_TASK_QUEUE,
} from '../../workflows/contract';
import type { PayoutResult } from '../../workflows/contract';
import { eventually } from './eventually';
import { aCharge, aPaidLine, aPolicy } from './payouts';
import './quiet-temporal';
import { VendorAtStripe } from './vendor-at-stripe';

export class PayoutWorld {
  readonly account = new VendorAtStripe();
  readonly charges = new Map<string, PaidCharge>();
  booked: VendorEntry[] = [];
  policy: VendorPolicy = aPolicy();
  /** Stripe refuses everything, or every movement, for a reason that we did not foresee. */
  isRefusing = false;
  isRefusingMoves = false;
  /** Stripe does not show yet what it has moved. */
  isLagging = false;

  constructor(private readonly env: TestWorkflowEnvironment) {}

  /** $50.00 for usage of acme, paid now; its id is that of its payout as well. */
  async sell(change: Partial<PaidCharge> = {}): Promise<string> {
    const chargeId = `ch_${randomUUID().slice(0, 8)}`;
    this.charges.set(chargeId, aCharge({ chargeId, paidAt: await this.now(), ...change }));
    return chargeId;
  }

  change(chargeId: string, change: Partial<PaidCharge>): void {
    const charge = this.charges.get(chargeId);
    if (charge) this.charges.set(chargeId, { ...charge, ...change });
  }

  async now(): Promise<number> {
    return Math.floor((await this.env.currentTimeMs()) / 1000);
  }

  get activities(): Partial<Activities> {
    return { ...this.atStripe(), ...this.books() };
  }

  private atStripe(): Partial<Activities> {
    const refuse = (isRefused: boolean) => {
      if (isRefused) throw ApplicationFailure.nonRetryable('400', 'stripe_invalid_request');
    };
    const assertTaken = () => refuse(this.isRefusing || this.isRefusingMoves);
    return {
      readPayout: async ({ customer, source }) => {
        refuse(this.isRefusing);
        const charge = this.charges.get(source) as PaidCharge;
        const lines = [aPaidLine('acme', charge.amountCents)];
        const { shares } = splitCharge(charge, lines, [this.policy]);
        const transfers = this.isLagging ? [] : this.account.madeFor('acme', source);
        return {
          ...{ customer, invoiceId: null, now: await this.now() },
          sales: [{ charge, shares, transfers }],
        };
      },
      transferShare: async ({ chargeId, cents }) => {
        assertTaken();
        if (!this.account.isActive) return 'restricted';
        this.account.transfer(chargeId, cents);
        return 'made';
      },
      reverseTransfer: async ({ chargeId, cents }) => {
        assertTaken();
        return this.account.reverse(chargeId, cents) ? 'made' : 'insufficient';
      },
    };
  }

  private books(): Partial<Activities> {
    return {
      bookPayout: async ({ customer, facts }) => {
        for (const { charge, shares, transfers } of facts.sales) {
          const sale = { customer, invoiceId: null, charge, share: shares[0] ?? null };
          this.booked.push(...earningsToBook(this.booked, 'acme', sale));
          this.booked.push(...movementsToBook(this.booked, transfers));
        }
        const { now } = facts;
        const positions = positionsOf(this.booked);
        const { minimumPayoutCents } = this.policy;
        const transfersActive = this.account.isActive;
        const account = accountOf(positions, { transfersActive, minimumPayoutCents }, now);
        return facts.sales.flatMap(({ charge }) => {
          const position = findPosition(positions, charge.chargeId);
          return position ? [{ position, account, now }] : [];
        });
      },
      bookMove: async ({ chargeId, now, move }) => {
        const { debtChargeId } = { debtChargeId: '', ...move };
        const entries =
          move.kind === 'offset'
            ? offsetToBook(this.booked, { debtChargeId, chargeId })
            : duesToBook(this.booked, this.policy.minimumPayoutCents, now);
        this.booked.push(...entries);
        const touched = new Set(entries.map((entry) => entry.chargeId));
        return positionsOf(this.booked).filter((one) => touched.has(one.chargeId));
      },
    };
  }
}

export interface PayoutRun {
  status(): Promise<PayoutStatus>;
  /** Waits until the one standing satisfies the check. */
  until(check: (standing: PayoutStatus['standings'][number]) => boolean): Promise<void>;
  tell(): Promise<void>;
  result(): Promise<PayoutResult>;
  searchAttributes(): Promise<Record<string, unknown>>;
}

/** Workers for a world, and payouts in it. */
export async function startPayouts(env: TestWorkflowEnvironment, world: PayoutWorld) {
  const shared = {
    connection: env.nativeConnection,
    namespace: env.client.options.namespace,
    activities: world.activities as Activities,
  };
  const workers = await Promise.all([
    Worker.create({
      ...shared,
      taskQueue: BILLING_TASK_QUEUE,
      workflowBundle: { codePath: String(process.env.TEST_WORKFLOW_BUNDLE) },
    }),
    Worker.create({ ...shared, taskQueue: STRIPE_TASK_QUEUE }),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  // Without skipping time: awaited by env.client, years may go by until the answer is there.
  const plain = new WorkflowClient({ connection: env.connection });
  return {
    payOut: async (source: string): Promise<PayoutRun> => {
      const workflowId = payoutWorkflowId(source);
      await plain.start(PAYOUT_WORKFLOW_TYPE, {
        workflowId,
        taskQueue: BILLING_TASK_QUEUE,
        args: [{ customer: 'ada', source }],
      });
      const handle = plain.getHandle(workflowId);
      const status = () => handle.query(payoutStatus);
      return {
        status,
        until: async (check) => {
          await eventually(status, ({ standings: [standing] }) => !!standing && check(standing));
        },
        tell: () => handle.signal(payoutChanged),
        result: () => handle.result() as Promise<PayoutResult>,
        searchAttributes: async () => {
          const { typedSearchAttributes } = await handle.describe();
          const all = typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]);
          return Object.fromEntries(all) as Record<string, unknown>;
        },
      };
    },
    stop: async () => {
      for (const worker of workers) worker.shutdown();
      await running;
    },
  };
}
