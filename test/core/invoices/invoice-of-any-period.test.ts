/**
 * Goal: whatever was used at whatever terms, the invoice that is right has no difference; and
 * whatever one line of it is changed to, there is one that names the line.
 */
import fc from 'fast-check';
import { booksOf } from '../../../src/core/proof/books';
import type { Bill } from '../../support/builders/any-bill';
import { bill, changes, linesOf, SPAN, stateOf } from '../../support/builders/any-bill';
import { anInvoice, aPeriod } from '../../support/builders/builders';
import type { InvoiceLine } from '../../../src/core/invoices/invoice-snapshot';
import { differences } from '../../../src/core/proof/differences';

function differ(of: Bill, lines: readonly InvoiceLine[]): string[] {
  const state = stateOf(of);
  const january = state.periods[0] ?? aPeriod();
  const meter = Object.fromEntries(
    Object.entries(january.rates).map(([id, { tokens }]) => [id, tokens]),
  );
  const ledger = { usedTokens: january.usedTokens, vendorTokens: 0 };
  const found = differences(january, ledger, meter, anInvoice({ lines }), booksOf(state));
  return found.map(({ what }) => what);
}

test('the invoice that is right has no difference', () => {
  fc.assert(
    fc.property(bill, (of) => {
      expect(
        differ(
          of,
          linesOf(of).map(([, line]) => line),
        ),
      ).toEqual([]);
    }),
    { numRuns: 1_000 },
  );
});

test.each(Object.entries(changes))('%s that is changed is named', (_what, change) => {
  fc.assert(
    fc.property(bill, fc.nat(), (of, choice) => {
      const named = linesOf(of);
      const at = choice % named.length;
      const [name, line] = named[at] as [string, InvoiceLine];
      const changed = change(line);
      fc.pre(changed !== undefined);
      const lines = named.flatMap(([, other], index) => (index === at ? (changed ?? []) : [other]));
      const found = differ(of, lines);
      expect(found.some((what) => what.includes(name) || what.includes(String(line.id)))).toBe(
        true,
      );
    }),
    { numRuns: 1_000 },
  );
});

test('a line that is added is named', () => {
  fc.assert(
    fc.property(
      bill,
      fc.integer().filter((cents) => cents !== 0),
      (of, amountCents) => {
        const added: InvoiceLine = {
          ...{ id: 'il_added', description: 'Setup fee', rateId: null, isBase: false, quantity: 1 },
          ...{ amountCents, ...SPAN },
        };
        const found = differ(of, [...linesOf(of).map(([, line]) => line), added]);
        expect(found).toEqual(['cents of line il_added "Setup fee", no line of ours']);
      },
    ),
  );
});
