/** Goal: what a run leaves to the next stays small, whatever piles up. */
import { HOUR } from './calendar';
import type { Life } from './life';
import { useStage } from './on-stage';

const on = useStage();
beforeEach(() => on.stage.clear());

// What has hundreds of parts is played step by step: a minute on a machine that does other things.
jest.setTimeout(300_000);

/** Far below what Temporal takes. */
const CARRIED_MAX = 256 * 1024;

const sizeOf = (life: Life): number => JSON.stringify(life.state()).length;

test('three hundred signals that nobody can store are one exception, closed when they are stored', async () => {
  const life = await on.aLife();
  life.troubles.outages.add('ingestUsage');
  for (let number = 0; number < 300; number += 1)
    life.temporal.signal(life.workflowId, 'recordUsage', { events: [{ id: `one-${number}` }] });
  await life.temporal.settle();
  await life.to(life.now + HOUR);
  const { exceptions } = life.state();
  expect(exceptions).toMatchObject([{ kind: 'record_refused', subject: 'signal:recordUsage' }]);
  expect(sizeOf(life)).toBeLessThan(CARRIED_MAX / 8);
  life.troubles.end();
  await life.to(life.now + 2 * HOUR);
  expect(life.state().exceptions).toEqual([]);
});

test('an invoice with 240 long lines of nobody is told in brief, and held', async () => {
  const life = await on.aLife();
  const { end } = await life.period();
  await life.to(end + 60);
  const [draft] = await life.invoices();
  for (let number = 0; number < 240; number += 1)
    await on.stage.stripe.invoiceItems.create({
      ...{ customer: life.stripeCustomerId, invoice: String(draft?.id), currency: 'usd' },
      ...{ amount: 100 + number, description: `${number} ${'of a consultant '.repeat(30)}` },
    });
  await life.to(end + HOUR);
  expect(life.state().exceptions).toMatchObject([{ kind: 'invoice_differs', subject: draft?.id }]);
  expect(sizeOf(life)).toBeLessThan(CARRIED_MAX / 8);
  await life.ask('resolveException', {
    ...{ exception: 'invoice_differs', subject: draft?.id, kind: 'accept_stripe' },
    ...{ reason: 'agreed by mail', by: 'grace' },
  });
  await life.to(life.now + 2 * HOUR);
  expect(sizeOf(life)).toBeLessThan(CARRIED_MAX / 2);
  expect((await life.invoices()).find(({ id }) => id === draft?.id)?.status).toBe('paid');
  expect(life.state().exceptions).toEqual([]);
});
