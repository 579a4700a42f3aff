/** What a period comes to is worked out in one file of core, and shown by all others. */
import type { SourceFile } from './source-file';
import { isTypeScript, readSources } from './source-file';

const HOME = 'src/core/invoices/period-figures.ts';
/** The sandbox is Stripe, which sums by itself; browsers and apps are handed what was summed. */
const APART = ['src/dev/', 'src/sdk/', 'src/dashboard/app/', 'src/react/'];
const PRODUCT = ['src/', 'workflows/', 'activities/'];

const ARITHMETIC = ['exactCents', 'roundHalfUpCents', 'sumDecimals', 'multiplyDecimals'];
/** A base price that something is added to, or that is added to something. */
const BASE_PRICE_SUM = /\bmonthlyPriceCents\s*\+(?!\+)|\+=?\s*(?:\w+\??\.)*monthlyPriceCents\b/;
/** The exact amount of a statement's line made a number: it is rounded once, where it is summed. */
const BARE_LINE = /\b(?:Number|parseFloat)\((?:\w+\??\.)*amountCents\)/;

function secondSums({ path, text }: SourceFile): string[] {
  const isProduct = PRODUCT.some((folder) => path.startsWith(folder));
  if (!isProduct || path === HOME || APART.some((folder) => path.startsWith(folder))) return [];
  const imported = path.startsWith('src/core/')
    ? []
    : ARITHMETIC.filter((name) => new RegExp(`(?<![.\\w])${name}\\b`).test(text)).map(
        (name) => `${path} calculates money by ${name}: that is done in src/core`,
      );
  const sums = [BASE_PRICE_SUM, BARE_LINE].flatMap((pattern) => {
    const found = pattern.exec(text)?.[0];
    return found === undefined ? [] : [`${path} has "${found}": take the figure from ${HOME}`];
  });
  return [...imported, ...sums];
}

test('what a period comes to is summed in one place', () => {
  expect(readSources().filter(isTypeScript).flatMap(secondSums)).toEqual([]);
});

test.each([
  ['a command rounds', 'src/cli/a.ts', `import { roundHalfUpCents } from '../core/money';`],
  ['the database prices', 'src/db/a.ts', `const cents = exactCents(tokens, price);`],
  ['a page adds the base price', 'src/api/a.ts', `const due = terms.monthlyPriceCents + usage;`],
  ['core adds it elsewhere', 'src/core/plans/a.ts', `due += period.terms.monthlyPriceCents;`],
  ['a page sums lines', 'src/dashboard/a.ts', `sum + Number(rate.amountCents)`],
])('caught: %s', (_fault, path, text) => {
  expect(secondSums({ path, text })).toHaveLength(1);
});

test.each([
  ['the one place', HOME, `base.monthlyPriceCents + usageCents`],
  ['a price that is shown', 'src/cli/a.ts', `formatCents(monthlyPriceCents, currency)`],
  ['what the invoice sums by itself', 'src/dev/stripe-sandbox/a.ts', `Number(line.amountCents)`],
])('not caught: %s', (_what, path, text) => {
  expect(secondSums({ path, text })).toEqual([]);
});
