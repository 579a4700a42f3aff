/** What a card does when attached and when charged, and the words in which it is declined. */

/** Says when the cardholder's bank asks who is paying. */
export type Authentication =
  /** It always asks, whoever starts the payment, and however the card was set up. */
  | 'always'
  /** It asks when the customer is present; the card is set up for later payments already. */
  | 'on_session'
  /** It asks unless the card was set up for later payments with an authentication. */
  | 'until_set_up';

export interface CardBehaviour {
  brand: string;
  last4: string;
  /** Null means that it succeeds. */
  onAttach: Decline | null;
  onCharge: Decline | null;
  authentication?: Authentication;
  /** It is disputed right after the charge succeeded; `inquiry` withdraws nothing. */
  dispute?: 'fraudulent' | 'inquiry' | 'product_not_received';
  /** The funds skip the pending balance. */
  isAvailableAtOnce?: boolean;
  country?: string;
  funding?: string;
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
  incorrect_number: 'Your card number is incorrect.',
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
