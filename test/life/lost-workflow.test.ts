/**
 * Goal: a workflow that was lost and is begun again bills nothing twice, takes nothing back that
 * is right, and stops at nothing that its predecessor had got over.
 */
import type Stripe from 'stripe';
import { linesOf } from './at-stripe';
import { DAY, HOUR } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';
import { retryAll } from './operator';
import { rememberedOf } from './remembered';

const on = useStage();
beforeEach(() => on.stage.clear());

const renewals = async (life: Life): Promise<Stripe.Invoice[]> =>
  (await life.invoices()).filter((one) => one.billing_reason === 'subscription_cycle').reverse();

/** Tokens of each report that Stripe took, in order. */
const reports = ({ customer }: Life): number[] =>
  rememberedOf(customer)
    .entries.filter(({ kind }) => String(kind) === 'usage_reported')
    .map(({ detail }) => (detail as unknown as { tokens: number }).tokens);

/** Its customer was begun by release 0.1.0, or by this one. */
describe.each([
  ['from its last snapshot', false],
  ['from the periods on record, where no snapshot was taken', true],
])('a workflow that goes on %s', (_name, isOfOldRelease) => {
  const aLife = async (): Promise<Life> => {
    const life = await on.aLife();
    Object.assign(rememberedOf(life.customer), {
      isOfOldRelease,
      ...(isOfOldRelease && { snapshot: null }),
    });
    return life;
  };

  test('tells Stripe of new usage only, and takes nothing back', async () => {
    const life = await aLife();
    await life.use(150_000);
    await life.lose();
    await life.use(1);
    expect(reports(life)).toEqual([50_000, 1]);
    await life.renew();
    expect(linesOf((await renewals(life))[0] as Stripe.Invoice)).toEqual([
      ['1 × Starter', 2900],
      ['50001 × Tokens over the allowance', 15],
    ]);
    expect(life.state().exceptions).toEqual([]);
  });

  test('reports nothing before the ledger is read and Stripe’s meters are', async () => {
    const life = await aLife();
    await life.use(150_000);
    life.books.seal([
      { second: life.now, model: 'gpt-4o-mini', tokenType: 'input', tokens: 1_000 },
    ]);
    life.restart(undefined);
    await life.temporal.settle();
    expect(life.state()).toMatchObject({ recovering: {}, periods: [{ usedTokens: 151_000 }] });
    expect(reports(life)).toEqual([50_000]);
    await life.temporal.advanceTo(life.temporal.now + 90_000);
    expect(life.state().recovering).toBeUndefined();
    expect(reports(life)).toEqual([50_000, 1_000]);
  });

  test('bills late usage once that was on an invoice before it was lost', async () => {
    const life = await aLife();
    await on.stage.order('settings', { subscription: 'past_due' });
    await life.use(150_000);
    const { end } = await life.period();
    await life.changeCard('pm_card_chargeCustomerFail');
    await life.renew();
    await life.pauseDunning();
    await life.use(10_000_000, { second: end - 100 });
    await life.renew();
    await life.pauseDunning();
    await life.lose();
    await life.pauseDunning();
    await life.renew();
    const late = (await renewals(life))
      .flatMap(linesOf)
      .filter(([text]) => /^Late/.test(text ?? ''));
    expect(late).toEqual([
      [
        'Late usage of 2026-01-01 to 2026-02-01: 10000000 tokens (overage_standard, plan starter)',
        3000,
      ],
    ]);
    expect(life.state().exceptions).toEqual([]);
    expect(life.state().periods.map(({ phase }) => phase)).toEqual([
      ...['finalized', 'finalized', 'finalized', 'open'],
    ]);
  });

  test('bills late usage that nobody had billed yet', async () => {
    const life = await aLife();
    await life.use(150_000);
    const { end } = await life.period();
    await life.renew();
    await life.use(1_000_000, { second: end - 100 });
    await life.lose();
    await life.renew();
    expect(linesOf((await renewals(life))[1] as Stripe.Invoice)).toEqual([
      ['1 × Starter', 2900],
      [
        'Late usage of 2026-01-01 to 2026-02-01: 1000000 tokens (overage_standard, plan starter)',
        300,
      ],
    ]);
    expect(life.state().exceptions).toEqual([]);
  });

  test('has a draft reconciled that was compared when it was lost', async () => {
    const life = await aLife();
    await life.use(150_000);
    const { end } = await life.period();
    await life.to(end + 10 * 60);
    await life.lose();
    await life.use(1_000_000, { second: end - 100 });
    await life.to(end + 3 * HOUR);
    expect(linesOf((await renewals(life))[0] as Stripe.Invoice)).toEqual([
      ['1 × Starter', 2900],
      ['1050000 × Tokens over the allowance', 315],
    ]);
    expect(life.state().exceptions).toEqual([]);
  });

  test('goes on where the draft was finalized while no workflow ran', async () => {
    const life = await aLife();
    await life.use(150_000);
    const { end } = await life.period();
    await life.to(end - 60);
    await on.stage.advance(life.clock, end + 2 * DAY);
    life.books.seal([
      { second: end - 30, model: 'gpt-4o-mini', tokenType: 'input', tokens: 1_000_000 },
    ]);
    await life.temporal.advanceTo((end + 2 * DAY) * 1000);
    await life.lose();
    await life.renew();
    const [january, february] = (await renewals(life)).map(linesOf);
    expect(january).toContainEqual(['50000 × Tokens over the allowance', 15]);
    expect(february?.at(-1)?.[1]).toBe(300);
    expect(life.state().exceptions).toEqual([]);
  });

  test('never uses a grant twice', async () => {
    const life = await aLife();
    await life.grant('welcome', 30_000);
    await life.use(120_000);
    await life.renew();
    await life.lose();
    await life.use(115_000);
    await life.renew();
    const lines = (await renewals(life)).flatMap(linesOf).map(([text]) => text);
    expect(lines).toEqual(['1 × Starter', '1 × Starter', '5000 × Tokens over the allowance']);
    expect(life.state().exceptions).toEqual([]);
  });
});

test('a ledger that was restored to an earlier moment bills nothing until somebody decides', async () => {
  const life = await on.aLife();
  await life.use(150_000);
  await life.use(1_000);
  life.books.batches.pop();
  const { end } = await life.period();
  await life.to(end + 3 * HOUR);
  expect(life.state().exceptions).toMatchObject([
    { kind: 'ledger_behind', message: expect.stringMatching(/ends at batch 1, .* to 2/) as string },
    { kind: 'invoice_differs' },
  ]);
  expect((await renewals(life))[0]?.status).toBe('draft');
  await life.ask('resolveException', {
    ...{ exception: 'ledger_behind', subject: life.customer, kind: 'correct' },
    ...{ reason: 'these were lost', by: 'grace' },
  });
  await life.to(life.now + HOUR);
  const [january] = await renewals(life);
  expect(january).toMatchObject({ status: 'paid', total: 2915 });
  expect(life.state().exceptions).toEqual([]);
});

test('what an operator had compared once more, and did not accept, is held after a loss, too', async () => {
  const life = await on.aLife();
  const { end } = await life.period();
  await life.to(end + 60);
  const [draft] = (await renewals(life)) as [Stripe.Invoice];
  await on.stage.stripe.invoiceItems.create({
    ...{ customer: life.stripeCustomerId, invoice: draft.id, currency: 'usd', amount: 5_000 },
    description: 'Setup fee',
  });
  await life.catchUp();
  await life.to(end + HOUR / 2);
  await retryAll(life);
  await life.lose();
  await life.to(end + DAY);
  expect((await renewals(life))[0]).toMatchObject({ status: 'draft', total: 2900 + 5000 });
  expect(life.state().exceptions).toMatchObject([{ kind: 'invoice_differs', subject: draft.id }]);
});
