/** A card as somebody types it into the page: which of Stripe's test cards it is, or its fault. */
import { invalid } from '../protocol/fault';
import { accountNow } from '../world';
import type { World } from '../world';

/** docs.stripe.com/testing lists each number beside the token of the same card. */
const TOKENS: Readonly<Record<string, string>> = {
  '4242424242424242': 'pm_card_visa',
  '4000056655665556': 'pm_card_visa_debit',
  '5555555555554444': 'pm_card_mastercard',
  '5200828282828210': 'pm_card_mastercard_debit',
  '5105105105105100': 'pm_card_mastercard_prepaid',
  '378282246310005': 'pm_card_us',
  '371449635398431': 'pm_card_amex',
  '4000000000000077': 'pm_card_bypassPending',
  '4000000000000341': 'pm_card_chargeCustomerFail',
  '4000000000000002': 'pm_card_chargeDeclined',
  '4000000000009995': 'pm_card_chargeDeclinedInsufficientFunds',
  '4000000000009987': 'pm_card_chargeDeclinedLostCard',
  '4000000000009979': 'pm_card_chargeDeclinedStolenCard',
  '4000000000000069': 'pm_card_chargeDeclinedExpiredCard',
  '4000000000000127': 'pm_card_chargeDeclinedIncorrectCvc',
  '4000000000000119': 'pm_card_chargeDeclinedProcessingError',
  '4000000000003220': 'pm_card_threeDSecure2Required',
  '4000000000003063': 'pm_card_threeDSecureRequired',
  '4000000000003055': 'pm_card_threeDSecureOptional',
  '4000008400001629': 'pm_card_threeDSecureRequiredChargeDeclined',
  '4000002500003155': 'pm_card_authenticationRequiredOnSetup',
  '4000002760003184': 'pm_card_authenticationRequired',
  '4000003800000446': 'pm_card_authenticationRequiredSetupForOffSession',
  '4000008260003178': 'pm_card_authenticationRequiredChargeDeclinedInsufficientFunds',
  '4000000000000259': 'pm_card_createDispute',
};

export interface TypedCard {
  number: string;
  expiry: string;
  cvc: string;
}

/** The token of the card, or Stripe's words for what is wrong with it. */
export function tokenOf(world: World, typedCard: TypedCard): string {
  const number = typedCard.number.replace(/[\s-]/g, '');
  if (!isNumber(number)) throw invalid('Your card number is invalid.');
  const token = TOKENS[number];
  if (token === undefined)
    throw invalid(
      'Your card was declined. This page takes the test cards of docs.stripe.com/testing.',
    );
  assertUnexpired(world, typedCard.expiry);
  if (!/^\d{3,4}$/.test(typedCard.cvc)) throw invalid("Your card's security code is incomplete.");
  return token;
}

/** The check digit of card numbers is Luhn's. */
function isNumber(number: string): boolean {
  if (!/^\d{13,19}$/.test(number)) return false;
  const digits = [...number].reverse().map(Number);
  const sum = digits.reduce((total, digit, index) => {
    const weight = index % 2 === 0 ? digit : digit * 2;
    return total + (weight > 9 ? weight - 9 : weight);
  }, 0);
  return sum % 10 === 0;
}

function assertUnexpired(world: World, expiry: string): void {
  const [, month = '', year = ''] = /^(\d{1,2})\s*\/?\s*(\d{2}|\d{4})$/.exec(expiry) ?? [];
  const monthNumber = Number(month);
  if (monthNumber < 1 || monthNumber > 12)
    throw invalid("Your card's expiration date is incomplete: write it as 12 / 34.");
  const end = Date.UTC(2000 + (Number(year) % 100), monthNumber, 1) / 1000;
  if (end <= accountNow(world)) throw invalid("Your card's expiration year is in the past.");
}
