/**
 * The property of every life: an invoice that has left is what the oracle reckons and what is
 * told, to the cent and as a whole; one that has not is held, and an exception names it.
 */
import type Stripe from 'stripe';
import type { Life } from './life';
import type { Model, Used } from './model';
import { lineCents, overageCents, overages } from './oracle';
import type { OraclePeriod, Overage } from './oracle';

const isProration = ({ parent }: Stripe.InvoiceLineItem): boolean =>
  parent?.subscription_item_details?.proration === true ||
  parent?.invoice_item_details?.proration === true;
const isLate = ({ metadata }: Stripe.InvoiceLineItem): boolean =>
  metadata.tollkeeper_late_item !== undefined;
const isOfTokens = ({ description }: Stripe.InvoiceLineItem): boolean =>
  description?.includes('Tokens') ?? false;
const isBase = (line: Stripe.InvoiceLineItem): boolean =>
  line.parent?.type === 'subscription_item_details' &&
  !isProration(line) &&
  !isOfTokens(line) &&
  !isVendors(line);
const isVendors = ({ description }: Stripe.InvoiceLineItem): boolean =>
  description?.includes(' models') ?? false;

const sum = (cents: readonly number[]): number => cents.reduce((total, one) => total + one, 0);
const amounts = (lines: readonly Stripe.InvoiceLineItem[]): number[] =>
  lines.map(({ amount }) => amount);

/** What begins there has its base price on the invoice that bills the usage until then. */
export const invoiceAt = (invoices: readonly Stripe.Invoice[], second: number) =>
  invoices.find(({ lines: { data } }) =>
    data.some(
      (line) =>
        !isProration(line) &&
        (isBase(line)
          ? line.period.start === second
          : isOfTokens(line) && line.period.end === second),
    ),
  );

export async function expectBooksAsTheOracle(model: Model, life: Life): Promise<void> {
  const invoices = await life.invoices();
  const reckoned = overages(model.periods, model.usage, model.grants, isOnTime);
  const ofInvoice = new Map<string, number>();
  for (const [at, next] of model.periods.entries()) {
    const invoice = invoiceAt(invoices, next.start);
    // A beginning that costs nothing needs none.
    if (!invoice && at === 0 && next.baseCents === 0) continue;
    expect([next.start, invoice?.id]).toEqual([next.start, expect.any(String)]);
    const ended = model.periods[at - 1];
    const overage = ended && reckoned.get(ended.start);
    const usage = ended && overage ? overageCents(overage, ended.terms) : 0;
    ofInvoice.set(invoice?.id ?? '', next.baseCents + usage);
    if (ended && overage && invoice && invoice.status !== 'draft')
      expectTold(life, ended, { invoice, overage });
  }
  for (const invoice of invoices)
    if (invoice.status === 'draft') expectHeld(model, life, invoice);
    else expectWhole(invoice, ofInvoice.get(invoice.id) ?? 0);
  expectPlanChanges(model, invoices);
  expectLateUsage(model, invoices);
  // Usage in the very second of an end, or after it, is told, and billed nowhere.
  const open = life.state().exceptions.filter(({ kind }) => kind !== 'usage_after_end');
  if (!model.isEdited) expect(open).toEqual([]);
}

/** Never in silence. */
function expectHeld({ isEdited }: Model, life: Life, { id }: Stripe.Invoice): void {
  const { exceptions } = life.state();
  const isNamed = exceptions.some(
    ({ kind, subject, message }) =>
      kind === 'price_differs' || `${subject} ${message}`.includes(id),
  );
  expect({ id, isEdited, isNamed }).toEqual({ id, isEdited: true, isNamed: true });
}

/** Late lines and changes of plan are reckoned each by itself; nothing else may be there. */
function expectWhole({ id, lines: { data }, subtotal }: Stripe.Invoice, ofPeriods: number): void {
  const late = sum(amounts(data.filter(isLate)));
  const changes = sum(amounts(data.filter(isProration)));
  const lines = data.map(({ description, amount }) => [description, amount]);
  expect({ id, lines, subtotal }).toEqual({ id, lines, subtotal: ofPeriods + late + changes });
}

/** What our records tell of a period and of its invoice. */
function expectTold(
  life: Life,
  { start, terms, isTrial }: OraclePeriod,
  { invoice, overage }: { readonly invoice: Stripe.Invoice; readonly overage: Overage },
): void {
  const told = life.books.statements.get(start);
  const { premium, standard } = overage;
  const tokens = (told?.rates ?? [])
    .filter(({ tokens: billed }) => billed > 0)
    .map((rate) => [rate.rateId.replace(/^[a-z]+_/, ''), rate.tokens, rate.pricePerMillionTokens]);
  const price = (cents: number) => (cents / 100).toFixed(2);
  const expected = [
    ['premium', premium, price(terms.cents[0])],
    ['standard', standard, price(terms.cents[1])],
  ].filter(([, billed]) => billed !== 0);
  expect([start, told?.planId, told?.isTrial ?? false, tokens.sort()]).toEqual([
    ...[start, terms.plan, isTrial, expected],
  ]);
  const { id, status, total } = invoice;
  expect(told?.invoice).toEqual({ id, status, totalCents: total });
}

/** Each change within a period is charged and credited once, on whichever invoice. */
function expectPlanChanges(model: Model, invoices: readonly Stripe.Invoice[]): void {
  const found = invoices.flatMap(({ lines: { data } }) => amounts(data.filter(isProration)));
  const numbers = (cents: readonly number[]) =>
    cents.filter((one) => one !== 0).sort((a, b) => a - b);
  if (!model.isEdited) expect(numbers(found)).toEqual(numbers(model.prorations));
}

const isOnTime = ({ lateFor }: Used): boolean => lateFor === null;

/** Tokens of late usage, by period: all are settled; and each line's own amount. */
function expectLateUsage(model: Model, invoices: readonly Stripe.Invoice[]): void {
  const lines = invoices.flatMap(({ lines: { data } }) => data.filter(isLate));
  const all = overages(model.periods, model.usage, []);
  const before = overages(model.periods, model.usage, [], isOnTime);
  for (const { start, terms } of model.periods) {
    const own = lines.filter((line) => line.period.start === start);
    const texts = own.map(({ description }) => description ?? '');
    const parts = texts.map((text) => /(\d+) tokens \((\w+), plan (\w+)\)/.exec(text) ?? []);
    for (const [at, [, tokens, rate, plan]] of parts.entries()) {
      const cents = terms.cents[rate?.includes('premium') ? 0 : 1];
      expect([texts[at], own[at]?.amount, plan]).toEqual([
        ...[texts[at], lineCents(Number(tokens), cents), terms.plan],
      ]);
    }
    if (model.grants.length > 0 || !model.finalized.has(start)) continue;
    const found = sum(parts.map(([, tokens]) => Number(tokens)));
    const total = (of: Map<number, Overage> | undefined) =>
      (of?.get(start)?.premium ?? 0) + (of?.get(start)?.standard ?? 0);
    if (!model.isEdited) expect([start, found]).toEqual([start, total(all) - total(before)]);
  }
}
