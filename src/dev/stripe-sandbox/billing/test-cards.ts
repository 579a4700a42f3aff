/** Stripe's test cards by the tokens that name them: docs.stripe.com/testing. */
import { decline } from './cards';
import type { CardBehaviour } from './cards';

type More = Partial<CardBehaviour>;

function good(brand: string, last4: string, behaviour: More = {}): CardBehaviour {
  return { brand, last4, onAttach: null, onCharge: null, ...behaviour };
}

function refused(last4: string, code: string, brand = 'visa'): CardBehaviour {
  return { brand, last4, onAttach: decline(code), onCharge: decline(code) };
}

/** Stripe has these with and without the brand in the name. */
function bothWays(name: string, card: CardBehaviour): Record<string, CardBehaviour> {
  return { [`pm_card_${name}`]: card, [`pm_card_visa_${name}`]: card };
}

const COUNTRIES: Record<string, string> = {
  au: '0006',
  at: '0008',
  be: '0007',
  br: '0002',
  ca: '0000',
  ch: '0009',
  de: '0007',
  dk: '0006',
  es: '0001',
  fi: '0008',
  fr: '0003',
  gb: '0000',
  ie: '0009',
  in: '0008',
  it: '0008',
  jp: '0003',
  mx: '8008',
  nl: '0002',
  no: '0006',
  nz: '0009',
  pl: '0007',
  pt: '0007',
  se: '0008',
  sg: '0003',
};

/** Unlisted tokens do not exist. */
export const TEST_CARDS: Record<string, CardBehaviour> = {
  pm_card_visa: good('visa', '4242'),
  pm_card_visa_debit: good('visa', '5556', { funding: 'debit' }),
  pm_card_mastercard: good('mastercard', '4444'),
  pm_card_mastercard_debit: good('mastercard', '8210', { funding: 'debit' }),
  pm_card_mastercard_prepaid: good('mastercard', '5100', { funding: 'prepaid' }),
  pm_card_amex: good('amex', '8431'),
  pm_card_discover: good('discover', '1117'),
  pm_card_diners: good('diners', '0004'),
  pm_card_jcb: good('jcb', '0505'),
  pm_card_unionpay: good('unionpay', '0005'),
  pm_card_us: good('visa', '4242'),
  ...Object.fromEntries(
    Object.entries(COUNTRIES).map(([country, last4]) => [
      `pm_card_${country}`,
      good('visa', last4, { country: country.toUpperCase() }),
    ]),
  ),

  pm_card_bypassPending: good('visa', '0077', { isAvailableAtOnce: true }),
  pm_card_bypassPendingInternational: good('visa', '3720', {
    isAvailableAtOnce: true,
    country: 'GB',
  }),
  pm_card_chargeCustomerFail: {
    ...good('visa', '0341'),
    onCharge: decline('generic_decline'),
  },

  pm_card_threeDSecure2Required: good('visa', '3220', { authentication: 'always' }),
  pm_card_threeDSecureRequired: good('visa', '3063', { authentication: 'always' }),
  pm_card_threeDSecureOptional: good('visa', '3055'),
  pm_card_threeDSecureRequiredChargeDeclined: {
    ...good('visa', '1629', { authentication: 'always' }),
    onCharge: decline('generic_decline'),
  },
  pm_card_authenticationRequired: good('visa', '3184', { authentication: 'always' }),
  pm_card_authenticationRequiredOnSetup: good('visa', '3155', { authentication: 'until_set_up' }),
  pm_card_authenticationRequiredSetupForOffSession: good('visa', '0446', {
    authentication: 'on_session',
  }),
  pm_card_authenticationRequiredChargeDeclinedInsufficientFunds: {
    ...good('visa', '3178', { authentication: 'always' }),
    onCharge: decline('insufficient_funds'),
  },

  pm_card_createDispute: good('visa', '0259', { dispute: 'fraudulent' }),
  pm_card_createDisputeProductNotReceived: good('visa', '2685', {
    dispute: 'product_not_received',
  }),
  pm_card_createDisputeInquiry: good('visa', '1976', { dispute: 'inquiry' }),

  ...bothWays('chargeDeclined', refused('0002', 'generic_decline')),
  ...bothWays('chargeDeclinedInsufficientFunds', refused('9995', 'insufficient_funds')),
  ...bothWays('chargeDeclinedLostCard', refused('9987', 'lost_card')),
  ...bothWays('chargeDeclinedStolenCard', refused('9979', 'stolen_card')),
  ...bothWays('chargeDeclinedVelocityLimitExceeded', refused('6975', 'card_velocity_exceeded')),
  pm_card_chargeDeclinedExpiredCard: refused('0069', 'expired_card'),
  pm_card_chargeDeclinedIncorrectCvc: refused('0127', 'incorrect_cvc'),
  pm_card_chargeDeclinedProcessingError: refused('0119', 'processing_error'),
  pm_card_chargeDeclinedFraudulent: refused('0019', 'fraudulent'),
  pm_card_radarBlock: refused('0019', 'fraudulent'),
};
