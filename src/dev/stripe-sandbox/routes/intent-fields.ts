/** What may be said of a payment intent, and how it is checked. */
import { assertMayReceive } from '../connect/transfers';
import type { PaymentIntent, TransferData } from '../objects-money';
import { invalid } from '../protocol/fault';
import { named, namedCustomer } from '../protocol/lookup';
import * as p from '../protocol/params';
import type { World } from '../world';

/** The least that Stripe charges, of the currencies whose least is not 50 hundredths. */
const MINIMUM: Record<string, number> = { gbp: 30, jpy: 50 };
const MOST = 99_999_999;

export const CARD_ONLY = p.listOf(p.oneOf('card'));
export const METHODS = p.object({
  enabled: p.bool,
  allow_redirects: p.oneOf('always', 'never'),
});
export const MUTABLE = {
  allowed_payment_method_types: CARD_ONLY,
  amount: p.positive,
  application_fee_amount: p.unsettable(p.positive),
  currency: p.filled,
  customer: p.filled,
  description: p.unsettable(p.text),
  metadata: p.metadata,
  payment_method: p.filled,
  payment_method_options: p.anything,
  payment_method_types: CARD_ONLY,
  receipt_email: p.unsettable(p.text),
  setup_future_usage: p.unsettable(p.oneOf('off_session', 'on_session')),
  shipping: p.anything,
  statement_descriptor: p.text,
  statement_descriptor_suffix: p.text,
  transfer_data: p.object({ destination: p.filled, amount: p.positive }),
  transfer_group: p.text,
};

type Said = p.Parsed<typeof MUTABLE>;

export function assertAmount(amount: number, currency: string): void {
  const minimum = MINIMUM[currency] ?? 50;
  if (amount < minimum) {
    throw invalid(`Amount must be at least ${minimum} ${currency}, got ${amount}.`, {
      code: 'amount_too_small',
      param: 'amount',
    });
  }
  if (amount <= MOST) return;
  throw invalid(`Amount must be no more than ${MOST} ${currency}, got ${amount}.`, {
    code: 'amount_too_large',
    param: 'amount',
  });
}

export function asCurrency(value: string): string {
  const lowerCase = value.toLowerCase();
  if (/^[a-z]{3}$/.test(lowerCase)) return lowerCase;
  throw invalid(`Invalid currency: ${value}. Expected three letters, as in usd.`, {
    param: 'currency',
  });
}

/** `payment_method_types` of an intent is gone since 2026-09-30.endive; older callers send it. */
export function assertVersionTakes(params: Said, version: string | undefined): void {
  if (params.payment_method_types === undefined || version === undefined) return;
  throw invalid(
    'Received unknown parameter: payment_method_types. Use allowed_payment_method_types.',
    { code: 'parameter_unknown', param: 'payment_method_types' },
  );
}

/** Sets what was said; the rest stays as it is. */
export function describe(world: World, intent: PaymentIntent, params: Said): void {
  const { amount, currency, customer, metadata, transfer_data: transferData } = params;
  if (currency !== undefined) intent.currency = asCurrency(currency);
  if (amount !== undefined) intent.amount = amount;
  assertAmount(intent.amount, intent.currency);
  if (customer !== undefined) intent.customer = namedCustomer(world, customer).id;
  const plainFields = {
    allowed_payment_method_types: params.allowed_payment_method_types,
    application_fee_amount: params.application_fee_amount,
    description: params.description,
    payment_method_options: params.payment_method_options,
    receipt_email: params.receipt_email,
    setup_future_usage: params.setup_future_usage,
    shipping: params.shipping,
    statement_descriptor: params.statement_descriptor,
    statement_descriptor_suffix: params.statement_descriptor_suffix,
    transfer_group: params.transfer_group,
  };
  for (const [field, value] of Object.entries(plainFields))
    if (value !== undefined) intent[field] = value;
  intent.metadata = p.mergeMetadata(intent.metadata, metadata);
  if (transferData) setTransfer(world, intent, transferData);
  assertFee(intent);
}

function setTransfer(
  world: World,
  intent: PaymentIntent,
  transferData: Partial<TransferData>,
): void {
  const destination = transferData.destination ?? intent.transfer_data?.destination;
  if (destination === undefined) {
    throw invalid('Missing required param: transfer_data[destination].', {
      code: 'parameter_missing',
      param: 'transfer_data[destination]',
    });
  }
  named(world, 'account', destination, 'transfer_data[destination]');
  assertMayReceive(world, destination, 'transfer_data[destination]');
  const amount = transferData.amount ?? intent.transfer_data?.amount;
  intent.transfer_data = { destination, ...(typeof amount === 'number' && { amount }) };
}

function assertFee(intent: PaymentIntent): void {
  const { amount, application_fee_amount: fee, transfer_data: data } = intent;
  const share = data?.amount ?? null;
  if (share !== null && share > amount) {
    throw invalid(`transfer_data[amount] (${share}) is greater than the amount (${amount}).`, {
      param: 'transfer_data[amount]',
    });
  }
  if (fee === null) return;
  if (!data) {
    throw invalid(
      'Can only apply an application_fee_amount when the PaymentIntent is attempting a direct ' +
        'payment (using an OAuth key or Stripe-Account header) or destination payment (using ' +
        '`transfer_data[destination]`).',
      { param: 'application_fee_amount' },
    );
  }
  if (share !== null) {
    throw invalid('Pass application_fee_amount or transfer_data[amount], not both.', {
      param: 'application_fee_amount',
    });
  }
  if (fee <= amount) return;
  throw invalid(`Your application fee (${fee}) cannot be larger than the amount (${amount}).`, {
    param: 'application_fee_amount',
  });
}
