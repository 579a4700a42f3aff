/**
 * Goal: whatever is refused while an operator's decision is carried out, or while usage is counted
 * again, the decision is carried out in the end, once, and the invoice is right.
 */
import { DAY, START } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';
import { retryAll } from './operator';

const on = useStage();
beforeEach(() => on.stage.clear());

const decide = (life: Life, subject: string, kind: string) =>
  life.ask('resolveException', {
    ...{ exception: 'invoice_differs', subject, kind, reason: 'looked at', by: 'grace' },
  });

/** Starter's 29.00 and 0.15 of the customer's own; a stranger has reported 3.00 more. */
async function aDifference(): Promise<{ life: Life; draft: string }> {
  const life = await on.aLife();
  await life.use(150_000);
  await life.stage.stripe.billing.meterEvents.create({
    event_name: 'tollkeeper_overage_standard',
    timestamp: life.now,
    payload: { stripe_customer_id: life.stripeCustomerId, value: '999950' },
  });
  const { end } = await life.period();
  await life.to(end + 20 * 60);
  const told = life.state().exceptions.find(({ kind }) => kind === 'invoice_differs');
  return { life, draft: told?.subject ?? '' };
}

const ASKED = ['readInvoice', 'sumLedger', 'sumMeters', 'recordResolution'] as const;
const DECISIONS = [
  ['accept_stripe', 2900 + 315],
  ['correct', 2900 + 15],
] as const;

test.each(
  ASKED.flatMap((activity) => DECISIONS.map((decision) => [activity, ...decision] as const)),
)('%s, refused while %s is carried out: done after it, and once', async (activity, kind, cents) => {
  const { life, draft } = await aDifference();
  life.troubles.refusals.set(activity, 403);
  await decide(life, draft, kind);
  await retryAll(life);
  await life.renew();
  const invoice = (await life.invoices()).find(({ id }) => id === draft);
  expect([invoice?.status, invoice?.total]).toEqual(['paid', cents]);
  expect(life.state().exceptions).toEqual([]);
  expect([...life.books.written.keys()].filter((key) => key === `resolved:${draft}`)).toHaveLength(
    1,
  );
});

test.each(['readBatches', 'recountLedger', 'sumMeters'] as const)(
  '%s, refused while a period that was cut short is counted again: billed right after it',
  async (activity) => {
    const life = await on.aLife();
    await life.use(1_100_000);
    await life.to(START + 5 * DAY);
    const second = life.now - 60;
    // What nobody has signalled is read from the ledger.
    if (activity === 'readBatches')
      life.books.seal([{ second, model: 'gpt-4o-mini', tokenType: 'input', tokens: 500_000 }]);
    else await life.use(500_000, { second });
    life.troubles.refusals.set(activity, 403);
    const change = { action: 'cancel', when: 'now' } as const;
    // What is not counted within a minute is canceled for nobody: whoever asked asks again.
    const isTold = await life.change(change).then(
      () => false,
      ({ message }: Error) => message.includes('Nothing was canceled'),
    );
    await life.to(life.now + DAY);
    await retryAll(life);
    expect(isTold).toBe(activity === 'readBatches');
    if (isTold) await life.change(change);
    await life.to(life.now + DAY);
    const kinds = life.state().exceptions.map(({ kind }) => kind);
    expect(kinds).not.toContain('stripe_refused');
    expect([activity, life.troubles.refusals.size]).toEqual([activity, 0]);
    const [latest] = await life.invoices();
    // 100,000 are included: 1,500,000 at 3.00.
    expect([latest?.status, latest?.total, kinds]).toEqual(['paid', 450, []]);
  },
);
