/** Goal: no meter is left unasked whose tokens could be on the invoice and in no count of ours. */
import { ratesToAsk } from '../../../src/core/proof/meters-to-ask';
import type { InvoiceSnapshot } from '../../../src/core/invoices/invoice-snapshot';
import { NO_TOKENS } from '../../../src/core/state/periods';
import {
  aBaseLine,
  aMeteredLine,
  anInvoice,
  aPeriod,
  aRate,
  aState,
  FEBRUARY,
  JANUARY,
  someTerms,
  withLines,
} from '../../support/builders/builders';

const OWN = ['standard', 'premium'];
const terms = someTerms({
  rates: [...OWN.map((id) => aRate({ id })), aRate({ id: 'acme', vendor: 'acme' })],
  vendorItems: 'on_first_use',
});
const state = aState({ vendorItems: {} });

const rate = (tokens: number, reportedTokens = tokens, reports = 1) => ({
  ...{ ...NO_TOKENS, tokens, reportedTokens, reports, lastSecond: JANUARY },
});

/** What the lines bill of January, by rate. */
const invoice = (status: InvoiceSnapshot['status'], lines: Record<string, number>) =>
  withLines(anInvoice({ status }), [
    aBaseLine(),
    ...Object.entries(lines).map(([rateId, tokens]) =>
      aMeteredLine(tokens, { rateId, end: FEBRUARY }),
    ),
  ]);

const asked = (rates: Parameters<typeof aPeriod>[0], of: InvoiceSnapshot, now = state) =>
  ratesToAsk(now, aPeriod({ terms, ...rates }), of).map(({ id }) => id);

test('of a draft that shows what was reported, the rates that were used', () => {
  const draft = invoice('draft', { standard: 50, premium: 0 });
  expect(asked({ rates: { standard: rate(50) } }, draft)).toEqual(['standard']);
});

test.each([
  ['shows less than was reported', { standard: 20, premium: 0 }, { standard: rate(50) }],
  ['shows nothing, and nothing was used', { standard: 0, premium: 0 }, {}],
  ['was told nothing yet', { standard: 0, premium: 0 }, { standard: rate(50, 0, 0) }],
])('of a draft that %s, each rate that has an item', (_, lines, rates) => {
  expect(asked({ rates }, invoice('draft', lines))).toEqual(OWN);
});

test('a vendor’s rate is asked once it has an item', () => {
  const withItem = aState({ vendorItems: { acme: JANUARY } });
  expect(asked({}, invoice('draft', {}), withItem)).toEqual([...OWN, 'acme']);
});

test('what the invoice bills and nobody has counted is asked', () => {
  const lines = { standard: 50, premium: 7 };
  for (const status of ['draft', 'open', 'paid'] as const)
    expect(asked({ rates: { standard: rate(50) } }, invoice(status, lines))).toEqual(OWN);
});

test('of a final invoice, what was used or is billed: its lines of nothing are Stripe’s word', () => {
  const lines = { standard: 20, premium: 0 };
  expect(asked({ rates: { standard: rate(50) } }, invoice('open', lines))).toEqual(['standard']);
  expect(asked({}, invoice('open', { standard: 0, premium: 0 }))).toEqual([]);
});

test.each([
  ['counted and not reported yet', rate(50, 0, 0)],
  ['being reported', { ...rate(0, 0, 0), inFlight: {} as never }],
])('of a final invoice that bills nothing, a rate that is %s is asked', (_, counted) => {
  expect(asked({ rates: { standard: counted } }, invoice('open', {}))).toEqual(['standard']);
});

test('a rate that is known, and of which there never was anything, is not asked', () => {
  expect(asked({ rates: { standard: rate(0, 0, 0) } }, invoice('open', {}))).toEqual([]);
});

test('of a draft that shows what was reported of one rate and not of the other, each is asked', () => {
  const three = someTerms({ rates: [...OWN, 'idle'].map((id) => aRate({ id })) });
  const rates = { standard: rate(50), premium: rate(30) };
  const draft = invoice('draft', { standard: 50, premium: 20 });
  expect(asked({ terms: three, rates }, draft)).toEqual([...OWN, 'idle']);
});

test('a rate of which all was taken back is asked: Stripe may have one report of the two', () => {
  expect(asked({ rates: { standard: rate(0, 0, 2) } }, invoice('open', {}))).toEqual(['standard']);
});
