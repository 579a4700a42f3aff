/**
 * Goal: a close of fifty customers in which no call to Stripe gets through for 22 hours: every
 * draft waits, operators are told, and in the end each invoice is right, line by line.
 */
import './in-memory';
import { createStripeActivities } from '../../activities';
import { holdDraft } from '../../src/stripe/invoice-hold';
import { linesOf } from './at-stripe';
import { DAY, HOUR } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';

const on = useStage();
beforeEach(() => on.stage.clear());

const CUSTOMERS = 50;
const OUTAGE_HOURS = 22;

const stripesOwn = (): string[] => {
  const { stripe, catalog } = on.stage;
  return Object.keys(createStripeActivities({ stripe, catalog } as never));
};

/** n × 1,000 tokens over Starter's allowance before the outage, as many again within it. */
async function useUpTo(life: Life, n: number): Promise<void> {
  await life.use(100_000 + n * 1_000);
  const { end } = await life.period();
  await life.to(end - 60);
  life.troubles.outage = { until: (end + OUTAGE_HOURS * HOUR) * 1000, of: stripesOwn() };
  await life.use(n * 1_000);
}

/**
 * Stripe tells of its draft. Until that is answered, which it is once the draft can be held
 * (src/api/http/hold-at-sight.ts), Stripe finalizes nothing, for three days.
 */
async function sleepThrough(life: Life): Promise<string> {
  const { end } = await life.period();
  await life.temporal.advanceTo((end + 60) * 1000);
  await on.stage.advance(life.clock, end + 60);
  await life.catchUp();
  await life.temporal.advanceTo((end + OUTAGE_HOURS * HOUR) * 1000);
  const [draft] = await life.invoices();
  expect(draft).toMatchObject({ status: 'draft', billing_reason: 'subscription_cycle' });
  const id = String(draft?.id);
  await holdDraft(on.stage.stripe, id, life.temporal.now);
  return id;
}

test.each(Array.from({ length: CUSTOMERS }, (_, at) => at + 1))(
  'customer %i of fifty: told, and billed right after 22 hours without Stripe',
  async (n) => {
    const life = await on.aLife();
    await useUpTo(life, n);
    const draft = await sleepThrough(life);
    const kinds = life.state().exceptions.map(({ kind }) => kind);
    expect(kinds.length).toBeGreaterThan(0);
    await life.to(life.now + DAY);
    expect(life.state().exceptions).toEqual([]);
    const invoice = await on.stage.stripe.invoices.retrieve(draft);
    // 0.3 cents each thousand, half up to whole cents.
    const cents = Math.floor((2 * n * 3 + 5) / 10);
    expect([invoice.status, invoice.total]).toEqual(['paid', 2900 + cents]);
    expect(linesOf(invoice)).toEqual([
      ['1 × Starter', 2900],
      [`${2 * n * 1_000} × Tokens over the allowance`, cents],
    ]);
  },
);
