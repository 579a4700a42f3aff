/** Open exceptions of all customers are told once each, and whose are not known is told, too. */
import fc from 'fast-check';
import { exceptionsPage } from '../../../src/api/reports/exception-list';
import { EXCEPTION_KINDS } from '../../../src/core/state/exceptions';
import type { BillingException, ExceptionKind } from '../../../src/core/state/remembered';
import type { OpenExceptions } from '../../../src/temporal/open-exceptions';

const anException = (kind: ExceptionKind, subject: string): BillingException => ({
  ...{ kind, subject, message: 'm', since: 0 },
});

type Book = ReadonlyMap<string, readonly BillingException[] | null>;

/** null: the customer's workflow does not answer. */
const sourceOf = (book: Book): OpenExceptions => ({
  customers: async () => [...book.keys()].sort(),
  of: async (customer) => {
    const exceptions = book.get(customer);
    return exceptions ? { exceptions } : { reason: 'no worker' };
  },
});

async function readAll(book: Book, query: { limit: number; kind?: ExceptionKind }) {
  const [told, unheard]: [string[], string[]] = [[], []];
  for (let after: string | undefined; ;) {
    const page = await exceptionsPage(sourceOf(book), { ...query, after });
    expect(page.exceptions.length).toBeLessThanOrEqual(query.limit);
    told.push(...page.exceptions.map((one) => `${one.customer} ${one.kind} ${one.subject}`));
    unheard.push(...page.unheard.map(({ customer }) => customer));
    if (page.nextCursor === null) return { told, unheard };
    after = page.nextCursor;
  }
}

test('each is told once, by pages of any size, and so is each who does not answer', async () => {
  const exception = fc.tuple(fc.constantFrom(...EXCEPTION_KINDS), fc.constantFrom('a', 'b', 'c'));
  const exceptions = fc.uniqueArray(exception, { maxLength: 5, selector: String });
  const customers = fc.uniqueArray(fc.stringMatching(/^[a-z0-9]{1,3}$/), { maxLength: 60 });
  const book = customers.chain((ids) =>
    fc
      .array(fc.option(exceptions, { freq: 5 }), { minLength: ids.length, maxLength: ids.length })
      .map((all): Book => {
        const entries = ids.map((id, index) => {
          const pairs = all[index];
          return [id, pairs ? pairs.map((pair) => anException(...pair)) : null] as const;
        });
        return new Map(entries);
      }),
  );
  const kind = fc.option(fc.constantFrom(...EXCEPTION_KINDS), { nil: undefined });
  await fc.assert(
    fc.asyncProperty(book, fc.integer({ min: 1, max: 9 }), kind, async (all, limit, only) => {
      const { told, unheard } = await readAll(all, { limit, kind: only });
      const expected = [...all].flatMap(([customer, open]) =>
        (open ?? [])
          .filter((one) => only === undefined || one.kind === only)
          .map((one) => `${customer} ${one.kind} ${one.subject}`),
      );
      expect(told).toHaveLength(expected.length);
      expect([...told].sort()).toEqual(expected.sort());
      expect([...new Set(unheard)].sort()).toEqual(
        [...all]
          .filter(([, open]) => open === null)
          .map(([customer]) => customer)
          .sort(),
      );
    }),
    { numRuns: 200 },
  );
});

test('a thousand who have none of a kind are not all asked for one page', async () => {
  const entries = Array.from({ length: 1_000 }, (_, index) => {
    const open = [anException('stripe_refused', 's')];
    return [`c${String(index).padStart(4, '0')}`, open] as const;
  });
  const book = new Map(entries);
  const page = await exceptionsPage(sourceOf(book), { limit: 100, kind: 'invoice_gone' });
  expect(page).toMatchObject({ exceptions: [], nextCursor: expect.any(String) as string });
  expect((await readAll(book, { limit: 100, kind: 'invoice_gone' })).told).toEqual([]);
});
