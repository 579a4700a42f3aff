/** Goal: a hold is found and lifted by whoever comes, and no draft is forgotten. */
import type Stripe from 'stripe';
import { holdDraft } from '../../src/stripe/invoice-hold';
import { DAY, HOUR } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';

const on = useStage();
beforeEach(() => on.stage.clear());

const renewals = async (life: Life): Promise<Stripe.Invoice[]> =>
  (await life.invoices()).filter((one) => one.billing_reason === 'subscription_cycle').reverse();

/** January's renewal, of which the workflow has not heard; 50,000 tokens are over. */
async function aDraft({ isHeld = true } = {}): Promise<{ life: Life; draft: Stripe.Invoice }> {
  const life = await on.aLife();
  await life.use(150_000);
  const { end } = await life.period();
  await life.to(end + 60, 'never');
  const [draft] = await renewals(life);
  if (isHeld) await holdDraft(on.stage.stripe, String(draft?.id), life.temporal.now);
  return { life, draft: draft as Stripe.Invoice };
}

const paid = { status: 'paid', total: 2915, metadata: {} };

test('a workflow that is lost between hold and release: the next one finds the hold and lifts it', async () => {
  const { life, draft } = await aDraft();
  life.restart(undefined);
  await life.to(life.now + 3 * HOUR);
  expect(await on.stage.stripe.invoices.retrieve(draft.id)).toMatchObject(paid);
  expect(life.state().exceptions).toEqual([]);
});

test('a run that ends between Stripe’s hold and its record: the next one lifts it', async () => {
  const { life, draft } = await aDraft();
  const state = life.state();
  const [period] = state.periods;
  const invoice = { id: draft.id, status: 'draft', totalCents: draft.total };
  const held = { at: life.temporal.now, finalizesAt: null, isUnderWay: true as const };
  const periods = [{ ...period, phase: 'closing' as const, invoice, held }];
  life.restart({ ...state, periods: periods as typeof state.periods });
  await life.to(life.now + 3 * HOUR);
  expect(await on.stage.stripe.invoices.retrieve(draft.id)).toMatchObject(paid);
  expect(life.state().exceptions).toEqual([]);
});

test('a webhook that holds after the books agreed delays the invoice, and does not stop it', async () => {
  const { life, draft } = await aDraft({ isHeld: false });
  await life.catchUp();
  expect(life.state().periods[0]?.phase).toBe('reconciled');
  await holdDraft(on.stage.stripe, draft.id, life.temporal.now);
  await life.to(life.now + 3 * HOUR);
  expect(await on.stage.stripe.invoices.retrieve(draft.id)).toMatchObject(paid);
});

test('every renewal is held before it is compared, and carries no mark once it has left', async () => {
  const { life, draft } = await aDraft({ isHeld: false });
  await life.catchUp();
  const marks: (string | undefined)[] = [];
  for await (const { data } of on.stage.stripe.events.list({ type: 'invoice.updated' })) {
    const told = data.object as Stripe.Invoice;
    if (told.id === draft.id) marks.unshift(told.metadata?.tollkeeper_hold);
  }
  expect(marks).toEqual([expect.stringMatching(/^\d+ \d+$/), undefined]);
  await life.to(life.now + 3 * HOUR);
  expect(await on.stage.stripe.invoices.retrieve(draft.id)).toMatchObject(paid);
});

test('a draft that somebody keeps is compared, left alone, and told of; by retry it is finalized', async () => {
  const { life, draft } = await aDraft({ isHeld: false });
  await on.stage.stripe.invoices.update(draft.id, { auto_advance: false });
  await life.to(life.now + DAY);
  expect((await on.stage.stripe.invoices.retrieve(draft.id)).status).toBe('draft');
  expect(life.state().exceptions).toMatchObject([
    { kind: 'invoice_not_advancing', subject: draft.id },
  ]);
  await life.ask('resolveException', {
    ...{ exception: 'invoice_not_advancing', subject: draft.id, kind: 'retry' },
    ...{ reason: 'it was a slip', by: 'grace' },
  });
  await life.catchUp();
  expect(await on.stage.stripe.invoices.retrieve(draft.id)).toMatchObject(paid);
  expect(life.state()).toMatchObject({ exceptions: [], archived: [{ phase: 'paid' }] });
});

test('let go by hand at Stripe, what was told of it is closed by itself', async () => {
  const { life, draft } = await aDraft({ isHeld: false });
  await on.stage.stripe.invoices.update(draft.id, { auto_advance: false });
  await life.to(life.now + DAY);
  expect(life.state().exceptions).toHaveLength(1);
  await on.stage.stripe.invoices.finalizeInvoice(draft.id, { auto_advance: true });
  await life.catchUp();
  expect(life.state().exceptions).toEqual([]);
});
