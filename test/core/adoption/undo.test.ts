/** Goal: an import is taken back only while nothing of it is at Stripe, or on its way there. */
import { whyNotLetGo } from '../../../src/core/adoption/undo';
import { emptyBillingState } from '../../../src/core/state/billing-state';
import type { BillingState } from '../../../src/core/state/billing-state';
import { mayBill } from '../../../src/core/state/may-bill';
import type { PeriodState, RateState } from '../../../src/core/state/period-state';
import { NO_TOKENS } from '../../../src/core/state/periods';
import { aGrant, aPeriod } from '../../support/builders/builders';

const stateWith = (period: Partial<PeriodState>, overrides: Partial<BillingState> = {}) => ({
  ...emptyBillingState('ada'),
  periods: [aPeriod(period)],
  ...overrides,
});
const rates = (rate: Partial<RateState>) => ({ overage_standard: { ...NO_TOKENS, ...rate } });

test('counted usage is not reported usage', () => {
  expect(whyNotLetGo(stateWith({ rates: rates({ tokens: 500 }) }))).toBeNull();
});

test.each([
  ['a report', stateWith({ rates: rates({ reports: 1 }) }), /was reported/],
  [
    'a report under way',
    stateWith({
      rates: rates({ inFlight: { number: 1, tokens: 5, timestamp: 1, firstAttemptAt: 1 } }),
    }),
    /was reported/,
  ],
  [
    'a report of an archived period',
    stateWith({}, { archived: [aPeriod({ start: 1, end: 2, rates: rates({ reports: 2 }) })] }),
    /was reported/,
  ],
  ['a draft that is closed', stateWith({ phase: 'closing' }), /an invoice is being closed/],
  [
    'a draft that is held',
    stateWith({ held: { finalizesAt: null } }),
    /an invoice is being closed/,
  ],
  [
    'one draft of several periods',
    stateWith({}, { archived: [aPeriod({ held: { finalizesAt: null } })] }),
    /an invoice is being closed/,
  ],
  ['a grant', stateWith({}, { grants: [aGrant()] }), /granted tokens/],
])('%s keeps it', (_what, state, reason) => {
  expect(whyNotLetGo(state)).toMatch(reason);
});

test('who is let go is billed no more', () => {
  expect(mayBill(stateWith({}))).toBe(true);
  expect(mayBill(stateWith({}, { isLetGo: true }))).toBe(false);
});
