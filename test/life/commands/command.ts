/** What all commands share: a life that goes on, and time that passes in it. */
import type fc from 'fast-check';
import type { Life } from '../life';
import type { Model } from '../model';
import { invoiceAt } from '../the-books';

export type Command = fc.AsyncCommand<Model, Life>;

/** As long as there is a subscription. */
export abstract class WhileAlive implements Command {
  check(model: Readonly<Model>): boolean {
    return !model.isEnded;
  }
  abstract run(model: Model, life: Life): Promise<void>;
  abstract toString(): string;
}

/** Moves both clocks, telling news late and shuffled on the way. */
export async function advance(model: Model, life: Life, second: number): Promise<void> {
  while (life.now < second) {
    const { end } = model.current;
    const stop = [end, end + 65 * 60].find((edge) => edge > life.now && edge < second) ?? second;
    await life.to(stop, 'late');
    await observe(model, life);
  }
}

/** Which period it is, and which invoices are final: what Stripe decides by its clock. */
export async function observe(model: Model, life: Life): Promise<void> {
  const { start, end } = await life.period();
  model.renewed(start, end);
  const open = model.periods.slice(0, -1).filter((one) => !model.finalized.has(one.start));
  if (open.length === 0) return;
  const invoices = await life.invoices();
  for (const period of open) {
    const invoice = invoiceAt(invoices, period.end);
    if (invoice && invoice.status !== 'draft') model.finalized.add(period.start);
  }
}
