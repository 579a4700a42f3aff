/** Goal: whoever of ledger, workflow and Stripe differs from the others is seen. */
import { checkPeriod, describeFault } from '../../../src/core/proof/ledger-check';
import type { LedgerProof } from '../../../src/core/proof/ledger-check';
import { statementOf } from '../../../src/core/invoices/statement';
import { NO_TOKENS } from '../../../src/core/state/periods';
import { withTerms } from '../../../src/core/plans/plan';
import {
  aLine,
  aPeriod,
  aRate,
  aState,
  JANUARY,
  counted,
  someTerms,
} from '../../support/builders/builders';

const replayed = counted(aPeriod(), aLine(150_000));
const whole: LedgerProof = {
  eventTokens: 150_000,
  batchTokens: 150_000,
  faultCount: 0,
  faults: [],
};
const agreed = {
  replayed,
  lateTokens: 0,
  workflow: statementOf(aState({ periods: [replayed] }), replayed),
  meterTokens: { overage_standard: 50_000 },
  proof: whole,
};

test('all agree: no drift', () => {
  expect(checkPeriod(agreed)).toMatchObject({
    equal: true,
    usedTokens: { ledger: 150_000, workflow: 150_000 },
    rates: [{ rateId: 'overage_standard', ledger: 50_000, meter: 50_000, drift: 0, equal: true }],
  });
});

test('a rate that nobody has tokens of is left out', () => {
  const check = checkPeriod({ ...agreed, meterTokens: { ...agreed.meterTokens, acme: 0 } });
  expect(check.rates).toHaveLength(1);
});

const short = counted(aPeriod(), aLine(149_999));
test.each([
  ['Stripe has one token less', { meterTokens: { overage_standard: 49_999 } }, 1],
  [
    'Stripe has a rate that nobody reported',
    { meterTokens: { overage_standard: 50_000, acme: 7 } },
    0,
  ],
  ['the ledger has one token less', { replayed: short }, -1],
  [
    'the workflow has one token less',
    { workflow: statementOf(aState({ periods: [short] }), short) },
    0,
  ],
  ['batches do not sum to usage events', { proof: { ...whole, faultCount: 1 } }, 0],
])('%s: not equal', (_case, change, drift) => {
  const check = checkPeriod({ ...agreed, ...change });
  expect(check.equal).toBe(false);
  expect(check.rates.find(({ rateId }) => rateId === 'overage_standard')?.drift).toBe(drift);
});

test('a fault of the ledger names the place', () => {
  const fault = { second: JANUARY, model: 'gpt-4o', tokenType: 'input', vendor: 'acme' };
  expect(describeFault({ ...fault, eventTokens: 1_010, batchTokens: 1_000 })).toBe(
    'at 2026-01-01T00:00:00Z gpt-4o input of acme: usage events 1,010, batches 1,000',
  );
});

test('the rate of a plan that was changed from is looked at too: Stripe may still have tokens of it', () => {
  const payg = aRate({ id: 'payg_standard' });
  const changed = withTerms(aPeriod({ terms: someTerms({ rates: [payg] }) }), someTerms());
  const statement = statementOf(aState({ periods: [changed] }), changed);
  expect(statement.rates.map(({ rateId }) => rateId)).toEqual([
    'overage_standard',
    'payg_standard',
  ]);
});

test('usage within the allowance is compared, too', () => {
  const within = (tokens: number) => counted(aPeriod(), aLine(tokens));
  const workflow = statementOf(aState({ periods: [within(80_000)] }), within(80_000));
  const check = checkPeriod({ ...agreed, replayed: within(79_999), workflow, meterTokens: {} });
  expect(check).toMatchObject({ equal: false, rates: [] });
});

describe('rates that only one of them has', () => {
  const of = (rateId: string, tokens: number) => ({
    ...{ [rateId]: { ...NO_TOKENS, tokens } },
  });
  const seen = (change: object) =>
    checkPeriod({ ...agreed, meterTokens: {}, replayed: aPeriod(), ...change }).rates.map(
      ({ rateId, ledger, workflow, meter, equal }) => [rateId, ledger, workflow, meter, equal],
    );
  const nothing = { ...agreed.workflow, rates: [] };
  const [rate] = agreed.workflow.rates;

  test('are seen, whoever has them', () => {
    expect(seen({ workflow: nothing, meterTokens: { acme: 7 } })).toEqual([
      ['acme', 0, 0, 7, false],
    ]);
    expect(seen({ workflow: nothing, replayed: { ...aPeriod(), rates: of('acme', 7) } })).toEqual([
      ['acme', 7, 0, 0, false],
    ]);
    expect(seen({ workflow: { ...nothing, rates: [{ ...rate, rateId: 'acme' }] } })).toEqual([
      ['acme', 0, 50_000, 0, false],
    ]);
  });

  test('differ from the workflow, though ledger and meter agree', () => {
    const replayedRates = { ...aPeriod(), rates: of('acme', 7) };
    expect(seen({ workflow: nothing, replayed: replayedRates, meterTokens: { acme: 7 } })).toEqual([
      ['acme', 7, 0, 7, false],
    ]);
  });

  test('are in the order of their names', () => {
    const meterTokens = { globex: 1, acme: 2 };
    expect(seen({ workflow: nothing, meterTokens }).map(([rateId]) => rateId)).toEqual([
      ...['acme', 'globex'],
    ]);
  });
});

test('a fault that is no vendor’s names none', () => {
  const fault = { second: JANUARY, model: 'gpt-4o', tokenType: 'input', vendor: null };
  expect(describeFault({ ...fault, eventTokens: 2, batchTokens: 1 })).toBe(
    'at 2026-01-01T00:00:00Z gpt-4o input: usage events 2, batches 1',
  );
});
