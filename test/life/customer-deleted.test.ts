/**
 * Goal: a customer who was deleted at Stripe has ended. What is on no invoice stays an exception
 * until somebody decides, nothing more is sent to Stripe, and every loop comes to rest.
 */
import { DAY, HOUR } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';
import { rememberedOf } from './remembered';

const on = useStage();
beforeEach(() => on.stage.clear());

/** Tokens of each report that Stripe took, in order. */
const reports = ({ customer }: Life): number[] =>
  rememberedOf(customer)
    .entries.filter(({ kind }) => String(kind) === 'usage_reported')
    .map(({ detail }) => (detail as unknown as { tokens: number }).tokens);

const kinds = (life: Life) =>
  life
    .state()
    .exceptions.map(({ kind }) => kind)
    .sort();

const deletedOf = (life: Life) =>
  life.state().exceptions.find(({ kind }) => kind === 'customer_deleted');

/** Pay as you go, 2,000,000 tokens reported, and deleted a minute later. */
async function aDeletedLife(): Promise<Life> {
  const life = await on.aLife({ plan: 'pay_as_you_go' });
  await life.use(2_000_000);
  await life.to(life.now + 60);
  await on.stage.stripe.customers.del(life.stripeCustomerId);
  await life.catchUp();
  return life;
}

const later = (life: Life, seconds: number) =>
  life.temporal.advanceTo(life.temporal.now + seconds * 1000);

test('a deleted customer has ended, and what is on no invoice is told with its value', async () => {
  const life = await aDeletedLife();
  expect(life.state()).toMatchObject({ billingStatus: 'ended', isCustomerGone: true });
  expect(kinds(life)).toEqual(['customer_deleted']);
  expect(deletedOf(life)?.subject).toBe(life.stripeCustomerId);
  expect(deletedOf(life)?.message).toContain('2000000 billable tokens, worth 400 cents');
});

test('one usage event more takes nothing back, and hides nothing', async () => {
  const life = await aDeletedLife();
  await life.use(1_000);
  await life.use(1_000, { second: life.now - 30 });
  await life.catchUp();
  await later(life, DAY);
  expect(reports(life)).toEqual([2_000_000]);
  expect(kinds(life)).toEqual(['customer_deleted', 'usage_after_end']);
  expect(deletedOf(life)?.message).toContain('2001000 billable tokens');
});

test.each([
  ['a lost run', (life: Life) => life.lose()],
  ['a lost run without a snapshot', loseAll],
  ['a continue-as-new', continueAsNew],
])('it is told after %s, and nothing is sent', async (_name, happens) => {
  const life = await aDeletedLife();
  await happens(life);
  await life.use(1_000, { second: life.now - 5 * HOUR });
  await later(life, HOUR);
  expect(kinds(life)).toEqual(['customer_deleted']);
  expect(deletedOf(life)?.message).toMatch(/^Customer .* was deleted at Stripe: 200.000 billable/);
  expect(reports(life)).toEqual([2_000_000]);
});

async function loseAll(life: Life): Promise<void> {
  Object.assign(rememberedOf(life.customer), { snapshot: null });
  await life.lose();
}

async function continueAsNew(life: Life): Promise<void> {
  life.restart(life.state());
  await life.temporal.settle();
}

test('reports that were refused before the deletion was heard of are tried no more', async () => {
  const life = await on.aLife({ plan: 'pay_as_you_go' });
  await life.use(2_000_000);
  // In the second of its beginning a period would end as none.
  await life.to(life.now + HOUR);
  await on.stage.stripe.customers.del(life.stripeCustomerId);
  await life.use(1_000);
  await life.catchUp();
  await later(life, DAY);
  expect(kinds(life)).toEqual(['customer_deleted', 'usage_after_end']);
  const calls = reports(life).length;
  await later(life, 30 * DAY);
  expect(reports(life)).toHaveLength(calls);
  // Nothing is waited for that time would bring.
  expect(life.temporal.waiting.filter(({ at, isDone }) => !isDone && at < Infinity)).toEqual([]);
});

test('written off, the period is put away, and it is told no more', async () => {
  const life = await aDeletedLife();
  await life.ask('resolveException', {
    ...{ exception: 'customer_deleted', subject: life.stripeCustomerId, kind: 'write_off' },
    ...{ reason: 'invoiced by hand', by: 'grace' },
  });
  await life.temporal.settle();
  expect(life.state()).toMatchObject({
    exceptions: [],
    periods: [],
    archived: [{ phase: 'void' }],
  });
  const entry = rememberedOf(life.customer).entries.at(-1);
  expect(JSON.stringify(entry)).toContain('"400"');
});

test('a customer deleted while a draft is compared leaves no loop trying', async () => {
  const life = await on.aLife();
  await life.use(150_000);
  const { end } = await life.period();
  await life.to(end + 60);
  await life.use(1_000, { second: end - 1 });
  await on.stage.stripe.customers.del(life.stripeCustomerId);
  await life.catchUp();
  await later(life, 2 * DAY);
  expect(kinds(life)).toContain('customer_deleted');
  expect(kinds(life)).not.toContain('stripe_refused');
});
