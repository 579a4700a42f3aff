/** What may not wait behind reports: plan changes that are answered, drafts that are held. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import { createCustomer } from '../whole-path';
import type { WholePath } from '../whole-path';
import type { Stand } from './stand';

const DAY_S = 86_400;
/** More than any month has. */
const MONTH_S = 32 * DAY_S;
/** A slow machine is no failure; what has not come by then never will. */
const LIMIT_MS = 600_000;
const POLL_MS = 200;

export interface UrgentSteps {
  /** Seconds until the API answered that the new plan is in force. */
  readonly planChangeSeconds: readonly number[];
  /** Seconds from the end of a period until its draft was held; what Stripe needs is in it. */
  readonly holdSeconds: readonly number[];
  /** Seconds from the end of a period until its draft was compared and let go. */
  readonly closeSeconds: readonly number[];
}

export interface UrgentCustomers {
  readonly names: readonly string[];
  /** Each on a clock of its own. */
  readonly renewing: readonly { readonly name: string; readonly clock: string }[];
}

/** They use nothing themselves: what they wait for is the queue, not their own calls. */
export async function createUrgent(
  { path, stripe }: Stand,
  label: string,
  count: number,
): Promise<UrgentCustomers> {
  const names: string[] = [];
  const renewing: { name: string; clock: string }[] = [];
  for (let number = 0; number < count; number += 1) {
    const name = `urgent-${label}-${number}`;
    await createCustomer(path, name);
    names.push(name);
    const frozen_time = Math.floor(Date.now() / 1000);
    const clock = (await stripe.testHelpers.testClocks.create({ frozen_time })).id;
    await createCustomer(path, `renewing-${label}-${number}`, {
      testClock: clock,
      plan: 'starter',
    });
    renewing.push({ name: `renewing-${label}-${number}`, clock });
  }
  return { names, renewing };
}

/** Spread over the time of the load; resolves when all are done. */
export async function takeUrgentSteps(
  standing: Stand,
  { names, renewing }: UrgentCustomers,
  seconds: number,
): Promise<UrgentSteps> {
  const between = (count: number, index: number) => pause((index * seconds * 1000) / count);
  const changing = names.map(async (name, index) => {
    await between(names.length, index);
    return changePlan(standing.path, name);
  });
  const holding = renewing.map(async ({ name, clock }, index) => {
    await between(renewing.length, index + 0.5);
    return renew(standing, name, clock);
  });
  const [planChangeSeconds, renewals] = await Promise.all([
    Promise.all(changing),
    Promise.all(holding),
  ]);
  return {
    planChangeSeconds,
    holdSeconds: renewals.map(({ hold }) => hold),
    closeSeconds: renewals.map(({ close }) => close),
  };
}

/**
 * As an app does: what is answered by 503 is asked again under the same key, what may be tried
 * again later under another one.
 */
async function changePlan(path: WholePath, name: string): Promise<number> {
  const began = performance.now();
  let attempt = 1;
  for (;;) {
    const response = await askForPlan(path, name, attempt);
    const text = await response.text();
    const seconds = (performance.now() - began) / 1000;
    if (response.ok && text.includes('"applied"')) return seconds;
    const isUnsettled = text.includes('"price_not_settled"');
    if (!(response.status === 503 || isUnsettled) || seconds > LIMIT_MS / 1000)
      throw new Error(`The plan change of ${name} was answered ${response.status}: ${text}`);
    if (isUnsettled) attempt += 1;
    await pause(POLL_MS);
  }
}

const askForPlan = (path: WholePath, name: string, attempt: number): Promise<Response> =>
  fetch(`${path.apiUrl}/v1/customers/${name}/plan`, {
    method: 'POST',
    headers: {
      ...{ authorization: `Bearer ${path.adminKey}`, 'content-type': 'application/json' },
      'idempotency-key': `change-${name}-${attempt}`,
    },
    body: JSON.stringify({ plan: 'starter', when: 'now' }),
  });

/** A period ends: its draft is held, and let go once it equals the ledger. */
async function renew(
  { path, pool, stripe }: Stand,
  name: string,
  clock: string,
): Promise<{ hold: number; close: number }> {
  const frozen_time = Math.floor(Date.now() / 1000) + MONTH_S;
  const beganMs = Date.now();
  await stripe.testHelpers.testClocks.advance(clock, { frozen_time });
  for (;;) {
    const [draft] = await draftsOf(pool, name);
    const held = path.meterEvents.calls.find(
      (call) => call.method === 'POST' && call.path === `/v1/invoices/${draft?.id}`,
    );
    if (draft?.letGoAtMs && held)
      return { hold: (held.atMs - beganMs) / 1000, close: (draft.letGoAtMs - beganMs) / 1000 };
    if (Date.now() - beganMs > LIMIT_MS) {
      const wanted = draft ? `${draft.id} to be held and let go` : 'a draft';
      throw new Error(`${name} renewed, and after ${LIMIT_MS} ms still waits for ${wanted}.`);
    }
    await pause(POLL_MS);
  }
}

async function draftsOf(pool: Pool, name: string) {
  const { rows } = await pool.query<{ id: string; letGoAtMs: number | null }>(
    `select payload->'data'->'object'->>'id' as id,
            (select extract(epoch from min(at))::float8 * 1000 from audit_entries
              where audit_entries.customer = customers.customer and kind = 'invoice_released')
              as "letGoAtMs"
       from stripe_events
       join customers using (stripe_customer_id)
      where customer = $1 and type = 'invoice.created'
        and payload->'data'->'object'->>'billing_reason' = 'subscription_cycle'`,
    [name],
  );
  return rows;
}
