/** The codes with which a payment can be ordered to fail, the usual ones first. */
export const DECLINES = [
  'card_declined',
  'insufficient_funds',
  'expired_card',
  'incorrect_cvc',
  'processing_error',
  'lost_card',
  'stolen_card',
  'authentication_required',
] as const;
