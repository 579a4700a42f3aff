/** The rules of products and prices that a schema can't see, one a row. */
import type Stripe from 'stripe';
import { assertRefused } from '../../../support/sandbox/rule';
import type { Rule } from '../../../support/sandbox/rule';
import { refusal, startStand } from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';

let stand: Stand;
let stripe: Stripe;

beforeAll(async () => {
  stand = await startStand();
  stripe = stand.stripe;
});
afterAll(() => stand.close());

const priceOf = (terms: Partial<Stripe.PriceCreateParams>) =>
  stripe.prices.create({ currency: 'usd', unit_amount: 100, ...terms });
const usedProduct = async () => {
  const { id } = await stripe.products.create({ name: 'used' });
  await priceOf({ product: id });
  return id;
};

const REFUSED: Rule[] = [
  {
    source: 'docs of products',
    rule: 'a product with prices can’t be deleted',
    call: async () => stripe.products.del(await usedProduct()),
    refused: { statusCode: 400, message: /has one or more prices/ },
  },
  {
    source: 'docs of products',
    rule: 'a product’s id is its own',
    call: async () => {
      await stripe.products.create({ id: 'twin', name: 'a' });
      await stripe.products.create({ id: 'twin', name: 'b' });
    },
    refused: { statusCode: 400, code: 'resource_already_exists', param: 'id' },
  },
  {
    source: 'docs of products',
    rule: 'a product’s default price is one of its own',
    call: async () => {
      const { id } = await priceOf({ product: await usedProduct() });
      const other = await stripe.products.create({ name: 'other' });
      await stripe.products.update(other.id, { default_price: id });
    },
    refused: { statusCode: 400, param: 'default_price' },
  },
  {
    source: 'docs of prices',
    rule: 'a price’s product exists or comes along, not both',
    call: async () => priceOf({ product: await usedProduct(), product_data: { name: 'x' } }),
    refused: { statusCode: 400, message: /only specify one/ },
  },
  {
    source: 'docs of prices',
    rule: 'a price has a product',
    call: () => priceOf({}),
    refused: { statusCode: 400, code: 'parameter_missing', param: 'product' },
  },
  {
    source: 'what the sandbox does not do',
    rule: 'amounts in other currencies are refused, not forgotten',
    call: async () =>
      priceOf({ product: await usedProduct(), currency_options: { eur: { unit_amount: 90 } } }),
    refused: { statusCode: 400, code: 'parameter_unknown', param: 'currency_options' },
  },
  {
    source: 'what the sandbox does not do',
    rule: 'search is refused, not taken for an id',
    call: () => stripe.products.search({ query: "name:'a'" }),
    refused: { statusCode: 404, message: /Unrecognized request URL/ },
  },
  {
    source: 'docs of prices',
    rule: 'a price keeps its amount',
    call: async () => {
      const { id } = await priceOf({ product: await usedProduct() });
      await stripe.prices.update(id, { unit_amount: 5 } as Stripe.PriceUpdateParams);
    },
    refused: { statusCode: 400, code: 'parameter_unknown', param: 'unit_amount' },
  },
];

test.each(REFUSED)('$rule ($source)', assertRefused);

test('an unused product is deleted; a price may bring its product along', async () => {
  const { id } = await stripe.products.create({ name: 'unused' });
  expect(await stripe.products.del(id)).toMatchObject({ id, deleted: true });
  expect((await refusal(stripe.products.retrieve(id))).statusCode).toBe(404);
  const { product } = await priceOf({ product_data: { name: 'Along', metadata: { a: '1' } } });
  expect(await stripe.products.retrieve(String(product))).toMatchObject({
    name: 'Along',
    metadata: { a: '1' },
    active: true,
  });
});
