/** Stripe's test cards: what each does when attached to a customer and when charged. */

export interface CardBehaviour {
  brand: string;
  last4: string;
  /** Null: succeeds. */
  onAttach: Decline | null;
  onCharge: Decline | null;
}

export interface Decline {
  code: string;
  declineCode: string | null;
  message: string;
}

const MESSAGES: Record<string, string> = {
  authentication_required: 'Your card was declined. This transaction requires authentication.',
  expired_card: 'Your card has expired.',
  incorrect_cvc: "Your card's security code is incorrect.",
  insufficient_funds: 'Your card has insufficient funds.',
  processing_error: 'An error occurred while processing your card. Try again in a little bit.',
};
/** These are error codes themselves; all others are decline codes of `card_declined`. */
const OWN_CODES = new Set([
  'authentication_required',
  'expired_card',
  'incorrect_cvc',
  'incorrect_number',
  'processing_error',
]);

export function decline(code: string): Decline {
  const message = MESSAGES[code] ?? 'Your card was declined.';
  if (OWN_CODES.has(code)) {
    const isBare = code === 'processing_error' || code === 'incorrect_number';
    return { code, declineCode: isBare ? null : code, message };
  }
  return {
    code: 'card_declined',
    declineCode: code === 'card_declined' ? 'generic_decline' : code,
    message,
  };
}

function good(brand: string, last4: string): CardBehaviour {
  return { brand, last4, onAttach: null, onCharge: null };
}

function refused(last4: string, code: string): CardBehaviour {
  return { brand: 'visa', last4, onAttach: decline(code), onCharge: decline(code) };
}

/** By the token that names it. Unlisted tokens do not exist. */
export const TEST_CARDS: Record<string, CardBehaviour> = {
  pm_card_visa: good('visa', '4242'),
  pm_card_visa_debit: good('visa', '5556'),
  pm_card_mastercard: good('mastercard', '4444'),
  pm_card_mastercard_debit: good('mastercard', '3222'),
  pm_card_amex: good('amex', '0005'),
  pm_card_discover: good('discover', '1117'),
  pm_card_diners: good('diners', '0004'),
  pm_card_jcb: good('jcb', '0505'),
  pm_card_unionpay: good('unionpay', '0005'),
  pm_card_us: good('visa', '4242'),
  pm_card_chargeCustomerFail: {
    brand: 'visa',
    last4: '0341',
    onAttach: null,
    onCharge: decline('generic_decline'),
  },
  pm_card_authenticationRequired: {
    brand: 'visa',
    last4: '3184',
    onAttach: null,
    onCharge: decline('authentication_required'),
  },
  pm_card_chargeDeclined: refused('0002', 'generic_decline'),
  pm_card_visa_chargeDeclined: refused('0002', 'generic_decline'),
  pm_card_chargeDeclinedInsufficientFunds: refused('9995', 'insufficient_funds'),
  pm_card_visa_chargeDeclinedInsufficientFunds: refused('9995', 'insufficient_funds'),
  pm_card_chargeDeclinedLostCard: refused('9987', 'lost_card'),
  pm_card_visa_chargeDeclinedLostCard: refused('9987', 'lost_card'),
  pm_card_chargeDeclinedStolenCard: refused('9979', 'stolen_card'),
  pm_card_visa_chargeDeclinedStolenCard: refused('9979', 'stolen_card'),
  pm_card_chargeDeclinedExpiredCard: refused('0069', 'expired_card'),
  pm_card_chargeDeclinedIncorrectCvc: refused('0127', 'incorrect_cvc'),
  pm_card_chargeDeclinedProcessingError: refused('0119', 'processing_error'),
  pm_card_visa_chargeDeclinedVelocityLimitExceeded: refused('6975', 'card_velocity_exceeded'),
};
