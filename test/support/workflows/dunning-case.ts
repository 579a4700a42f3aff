/** Unpaid invoices of a fake world, and the cases that are made of them. */
import { randomUUID } from 'node:crypto';
import { WorkflowClient } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { DunningState, PauseDunningRequest } from '../../../src/core/dunning/dunning';
import { dunningWorkflowId } from '../../../src/core/ids';
import { dunningStatusQuery, pauseDunningUpdate } from '../../../workflows/contract';
import type { DunningResult } from '../../../workflows/contract';
import { aBaseLine, anInvoice } from '../builders/builders';
import { eventually } from '../stack/eventually';
import type { FakeWorld } from './fake-world';
import type { BillingRun, TestBilling } from './workflow-run';
import type { DunningCase } from '../../../src/core/state/remembered';
import type { InvoiceSnapshot } from '../../../src/core/invoices/invoice-snapshot';

/** The first month's invoice: it bills no period, so paying it resets nothing. */
export function anUnpaidInvoice(world: FakeWorld, change: Partial<InvoiceSnapshot> = {}): string {
  // Every test has an id of its own, since workflow ids hold for the whole server.
  const id = `in_${randomUUID().slice(0, 8)}`;
  const invoice = anInvoice({
    ...{ id, status: 'open', attemptCount: 1, billingReason: 'subscription_create' },
    lines: [aBaseLine()],
    ...change,
  });
  world.invoices.set(invoice.id, invoice);
  return invoice.id;
}

/** What happens to an invoice at Stripe, without anybody being told. */
export function atStripe(world: FakeWorld, id: string, change: Partial<InvoiceSnapshot>): void {
  const invoice = world.invoices.get(id);
  if (invoice) world.invoices.set(id, { ...invoice, ...change });
}

/** A customer with one unpaid invoice, whose case is open. */
export async function withUnpaidInvoice(
  { env, billing }: TestBilling,
  world: FakeWorld,
  scenario: (open: DunningCaseRun, run: BillingRun) => Promise<void>,
  invoice: Partial<InvoiceSnapshot> = {},
): Promise<void> {
  await billing(world, async (run) => {
    const open = await failPayment(env, run, world, anUnpaidInvoice(world, invoice));
    await scenario(open, run);
  });
}

/** What the API shows of the customer's access. */
export const accessUntil = (world: FakeWorld, access: 'warned' | 'throttled' | null) =>
  eventually(
    () => world.recorded.at(-1)?.dunningAccess,
    (recorded) => recorded === access,
  );

export interface DunningCaseRun {
  readonly invoiceId: string;
  result(): Promise<DunningResult>;
  readonly handle: ReturnType<TestWorkflowEnvironment['client']['workflow']['getHandle']>;
  state(): Promise<DunningState>;
  until(check: (state: DunningState) => boolean): Promise<DunningState>;
  pause(request: PauseDunningRequest): Promise<void>;
  /** At Stripe, and Stripe says so. */
  pay(): Promise<void>;
  /** As the billing workflow knows it; undefined: it is not unpaid. */
  known(): Promise<DunningCase | undefined>;
  /** Named as by the keys of notifications: day-0, recovered. */
  told(): string[];
  searchAttributes(): Promise<Record<string, unknown>>;
  /** What an operator reads in the Temporal UI. */
  details(): Promise<string>;
}

/** Stripe could not collect the invoice, and says so: the case is open. */
export async function failPayment(
  env: TestWorkflowEnvironment,
  run: BillingRun,
  world: FakeWorld,
  invoiceId: string,
): Promise<DunningCaseRun> {
  const handle = env.client.workflow.getHandle(dunningWorkflowId(invoiceId));
  // Without skipping time: awaited by env.client, years may go by until the answer is there.
  const { namespace } = env.client.options;
  const plain = new WorkflowClient({ connection: env.connection, namespace });
  const state = () => handle.query(dunningStatusQuery);
  const known = async () =>
    (await run.state()).dunning.find((noted) => noted.invoiceId === invoiceId);
  await run.hint('invoice.payment_failed', invoiceId);
  await eventually(known, (noted) => noted !== undefined);
  await eventually(state, ({ policy }) => policy.steps.length > 0);
  return {
    ...{ invoiceId, handle, state, known },
    result: () => plain.getHandle(handle.workflowId).result() as Promise<DunningResult>,
    until: (check) => eventually(state, check),
    pause: (request) => handle.executeUpdate(pauseDunningUpdate, { args: [request] }),
    pay: async () => {
      atStripe(world, invoiceId, { status: 'paid', amountRemainingCents: 0 });
      await run.hint('invoice.paid', invoiceId);
    },
    told: () =>
      world.toldOfDunning
        .filter(({ fact }) => fact.invoiceId === invoiceId)
        .map(({ fact: { day, type } }) => `${day === null ? '' : `day ${day}: `}${type.slice(8)}`),
    searchAttributes: async () => {
      const { typedSearchAttributes } = await handle.describe();
      const found = typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]);
      return Object.fromEntries(found) as Record<string, unknown>;
    },
    details: async () => {
      const query = '__temporal_workflow_metadata';
      return (await handle.query<{ currentDetails: string }>(query)).currentDetails;
    },
  };
}
