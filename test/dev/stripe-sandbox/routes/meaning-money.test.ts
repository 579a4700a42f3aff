/** The rules of payments and Connect that a schema can't see, one a row. */
import type Stripe from 'stripe';
import { describeInBoth } from '../../../support/sandbox/both';
import type { Place } from '../../../support/sandbox/both';
import { assertRefused } from '../../../support/sandbox/rule';
import type { Rule } from '../../../support/sandbox/rule';
import { newVendor, readyVendor } from '../../../support/sandbox/vendors';

let place: Place;
let stripe: Stripe;
let vendor = '';

const pay = (terms: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  stripe.paymentIntents.create({
    amount: 5000,
    currency: 'usd',
    payment_method: 'pm_card_visa',
    confirm: true,
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    ...terms,
  });
const chargeOf = async () => String((await pay()).latest_charge);
const transfer = (terms: Partial<Stripe.TransferCreateParams>) =>
  stripe.transfers.create({ amount: 100, currency: 'usd', destination: vendor, ...terms });

const RULES: Rule[] = [
  {
    source: '§4 separate charges & transfers',
    rule: 'transfers are never more than the charge that they come from',
    call: async () => {
      const source = await chargeOf();
      await transfer({ amount: 3000, source_transaction: source });
      await transfer({ amount: 2001, source_transaction: source });
    },
    refused: { statusCode: 400 },
  },
  {
    source: '§4 separate charges & transfers',
    rule: 'a transfer has the currency of the charge that it comes from',
    call: async () => transfer({ currency: 'eur', source_transaction: await chargeOf() }),
    refused: { statusCode: 400 },
  },
  {
    source: '§4 separate charges & transfers',
    rule: 'without a charge to come from, a transfer needs available funds',
    call: () => transfer({ amount: 10_000_000 }),
    refused: { statusCode: 400, code: 'balance_insufficient' },
  },
  {
    source: '§4 gate payouts',
    rule: 'an account that may not receive transfers gets none',
    call: async () => {
      const account = await newVendor(stripe);
      await transfer({ destination: account.id, source_transaction: await chargeOf() });
    },
    refused: { statusCode: 400, code: 'insufficient_capabilities_for_transfer' },
  },
  {
    source: '§4 destination charge',
    rule: 'a fee is at most the amount',
    call: () => pay({ application_fee_amount: 5001, transfer_data: { destination: vendor } }),
    refused: { statusCode: 400, param: 'application_fee_amount' },
  },
  {
    source: '§4 destination charge',
    rule: 'a fee needs somebody to take it from',
    call: () => pay({ application_fee_amount: 100 }),
    refused: { statusCode: 400 },
  },
  {
    source: '§4 refund',
    rule: 'refunds are never more than the charge',
    call: async () => {
      const charge = await chargeOf();
      await stripe.refunds.create({ charge, amount: 3000 });
      await stripe.refunds.create({ charge, amount: 2001 });
    },
    refused: { statusCode: 400, param: 'amount' },
  },
  {
    source: '§4 refund',
    rule: 'what was refunded in full is refunded no more',
    call: async () => {
      const charge = await chargeOf();
      await stripe.refunds.create({ charge });
      await stripe.refunds.create({ charge });
    },
    refused: { statusCode: 400, code: 'charge_already_refunded' },
  },
  {
    source: '§4 refund',
    rule: 'a transfer is never reversed by more than it was',
    call: async () => {
      const { id } = await transfer({ amount: 1000, source_transaction: await chargeOf() });
      await stripe.transfers.createReversal(id, { amount: 600 });
      await stripe.transfers.createReversal(id, { amount: 401 });
    },
    refused: { statusCode: 400 },
  },
  {
    source: '§4 payouts',
    rule: 'a payout needs available funds',
    call: () => stripe.payouts.create({ amount: 10_000_000, currency: 'usd' }),
    refused: { statusCode: 400, code: 'balance_insufficient' },
  },
  {
    source: '§4 error table',
    rule: 'a decline says which',
    call: () => pay({ payment_method: 'pm_card_chargeDeclinedInsufficientFunds' }),
    refused: { statusCode: 402, code: 'card_declined' },
  },
  {
    source: '§3 step 4 hard declines',
    rule: 'a payment off session that needs the customer is refused',
    call: async () => {
      const customer = (await stripe.customers.create({})).id;
      const { id } = await stripe.paymentMethods.attach('pm_card_authenticationRequired', {
        customer,
      });
      await pay({ customer, payment_method: id, off_session: true });
    },
    refused: { statusCode: 402, code: 'authentication_required' },
  },
];

describeInBoth('the rules of money', (start) => {
  beforeAll(async () => {
    place = await start();
    stripe = place.stripe;
    vendor = (await readyVendor(stripe)).id;
  });
  afterAll(() => place.close());

  test.each(RULES)('$rule ($source)', assertRefused);
});
