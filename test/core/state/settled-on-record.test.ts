/** Goal: late usage that is on record as settled is never settled again by a run begun anew. */
import type { BillingState } from '../../../src/core/state/billing-state';
import {
  billRestLater,
  endRecovery,
  noteCounted,
  postponeInvoice,
  rewindTo,
  settleRecorded,
} from '../../../src/core/state/recovery';
import {
  acceptsUsage,
  archive,
  isOfEnded,
  lastKnownPeriod,
  lastOpenOf,
  NO_TOKENS,
  requestRecount,
  withRate,
} from '../../../src/core/state/periods';
import {
  aLateItem,
  aMeteredLine,
  anInvoice,
  aPeriod,
  aState,
  FEBRUARY,
  JANUARY,
  MARCH,
} from '../../support/builders/builders';
import type { LateRate, PeriodState } from '../../../src/core/state/period-state';

const RATE = 'overage_standard';
const recovering = { untilSequence: 9, settlements: [], invoices: [] };

describe('late usage that is on record as settled', () => {
  const item = aLateItem();
  const rates = { [RATE]: { ...NO_TOKENS, tokens: 60_000 } };
  const february = aPeriod({
    ...{ start: FEBRUARY, end: MARCH },
    invoice: { id: 'in_feb', status: 'paid', totalCents: 1 },
  });
  const settled = (january: Partial<PeriodState>, invoiceId: string | null = 'in_feb', of = item) =>
    settleRecorded(
      aState({
        periods: [aPeriod(january), february],
        recovering: { ...recovering, settlements: [{ item: of, invoiceId }] },
      }),
    );
  const lateOf = (state: BillingState): LateRate | undefined => state.periods[0]?.late?.[RATE];
  const aLate = (tokens: number, settledTokens: number, settlements = 1) => ({
    ...{ tokens, settledTokens, settlements },
  });

  test('is taken out of what was counted with the rest, while nobody knew that it was late', () => {
    const state = settled({ rates });
    expect(state.periods[0]?.rates[RATE]?.tokens).toBe(10_000);
    expect(lateOf(state)).toEqual(aLate(50_000, 50_000));
    expect(state.periods[1]?.lateItems).toEqual([item]);
  });

  test('of a rate that was not counted at all is missing there', () => {
    const state = settled({});
    expect(state.periods[0]?.rates[RATE]).toEqual({
      ...{ ...NO_TOKENS, lastSecond: JANUARY, tokens: -50_000 },
    });
  });

  test('that was counted as late is settled as it is', () => {
    const state = settled({ rates, phase: 'paid', late: { [RATE]: aLate(50_000, 0, 0) } });
    expect(state.periods[0]?.rates).toEqual(rates);
    expect(lateOf(state)).toEqual(aLate(50_000, 50_000));
    const open = settled({ rates, late: { [RATE]: aLate(50_000, 0, 0) } });
    expect(open.periods[0]?.rates).toEqual(rates);
    const some = settled({ rates, late: { [RATE]: aLate(20_000, 0, 0) } });
    expect(some.periods[0]?.rates[RATE]?.tokens).toBe(30_000);
    expect(lateOf(some)).toEqual(aLate(50_000, 50_000));
  });

  test('that is settled already is not again', () => {
    const late = { [RATE]: aLate(50_000, 50_000, 1) };
    const state = settled({ rates, phase: 'paid', late });
    expect(state.periods[0]).toEqual(aPeriod({ rates, phase: 'paid', late }));
    expect(state.periods[1]?.lateItems).toBeUndefined();
  });

  test('that was written off is on no invoice', () => {
    const written = aLateItem({ key: `late:sub_ada:${JANUARY}:overage_standard:1:none` });
    const state = settled({ rates, phase: 'paid' }, null, written);
    expect(lateOf(state)?.settledTokens).toBe(50_000);
    expect(state.periods.map(({ lateItems }) => lateItems)).toEqual([undefined, undefined]);
  });

  test('of a period that is not known any more is nothing', () => {
    const state = settled({ rates }, 'in_feb', aLateItem({ periodStart: MARCH }));
    expect(state.periods).toEqual([aPeriod({ rates }), february]);
    const none = aState();
    expect(settleRecorded(none)).toBe(none);
  });
});

describe('an invoice that Stripe finalized while nobody counted', () => {
  const rates = { [RATE]: { ...NO_TOKENS, tokens: 60_000, reportedTokens: 50_000 } };
  const invoice = (tokens: number) => anInvoice({ status: 'paid', lines: [aMeteredLine(tokens)] });
  const billed = (january: Partial<PeriodState>, is: Partial<BillingState> = {}) =>
    aState({ periods: [aPeriod({ rates, ...january })], recovering, ...is });

  test('that bills what the meter has: the rest is late', () => {
    const [january] = billRestLater(billed({}), JANUARY, invoice(50_000)).periods;
    expect(january?.rates[RATE]?.tokens).toBe(50_000);
    expect(january?.late?.[RATE]?.tokens).toBe(10_000);
  });

  test.each<[string, BillingState, number, number]>([
    ['that bills anything else is an operator’s', billed({}), JANUARY, 49_999],
    ['that an operator has settled stays so', billed({ settlement: 'x' }), JANUARY, 50_000],
    ['of a period that is final is compared', billed({ phase: 'paid' }), JANUARY, 50_000],
    ['of a run that goes on is compared', billed({}, { recovering: undefined }), JANUARY, 50_000],
    ['of no period says nothing', billed({}), MARCH, 50_000],
  ])('%s', (_case, state, start, tokens) => {
    expect(billRestLater(state, start, invoice(tokens))).toBe(state);
  });
});

describe('while it catches up', () => {
  test('invoices wait, each once, until everything is counted', () => {
    const state = postponeInvoice(aState({ recovering }), 'in_1');
    expect(state.recovering?.invoices).toEqual(['in_1']);
    expect(postponeInvoice(state, 'in_1')).toBe(state);
    expect(postponeInvoice(state, 'in_2').recovering?.invoices).toEqual(['in_1', 'in_2']);
    const going = aState();
    expect(postponeInvoice(going, 'in_1')).toBe(going);
  });

  test('that everything is counted is noted, and at last nothing is left of it', () => {
    const settlements = [{ item: aLateItem(), invoiceId: null }];
    const state = aState({ recovering: { ...recovering, settlements } });
    expect(noteCounted(state).recovering).toEqual({ ...recovering, isCounted: true });
    const going = aState();
    expect(noteCounted(going)).toBe(going);
    expect(endRecovery(state)).toEqual(going);
    expect(endRecovery(state)).not.toHaveProperty('recovering');
  });

  test('a ledger with fewer batches is counted again from there', () => {
    const { appliedSequence, knownSequence, recount } = rewindTo(
      aState({ appliedSequence: 9, knownSequence: 9 }),
      4,
    );
    expect([appliedSequence, knownSequence]).toEqual([4, 4]);
    expect(recount?.reasons).toEqual(['the ledger has fewer batches than were counted']);
  });
});

describe('periods', () => {
  const february = aPeriod({ start: FEBRUARY, end: MARCH });
  const march = aPeriod({ start: MARCH, end: MARCH + 9 });

  test('are put away in their order, whichever is first', () => {
    const state = archive(aState({ periods: [aPeriod(), february, march] }), FEBRUARY);
    expect(state).toMatchObject({ periods: [aPeriod(), march], archived: [february] });
    expect(archive(state, JANUARY)).toMatchObject({
      periods: [march],
      archived: [aPeriod(), february],
    });
    expect(lastKnownPeriod(state)).toBe(march);
    expect(lastKnownPeriod(aState({ periods: [] }))).toBeUndefined();
  });

  test('take usage until their invoice is final', () => {
    const phases = ['open', 'closing', 'reconciled', 'finalized', 'paid', 'void'] as const;
    expect(phases.filter((phase) => acceptsUsage(aPeriod({ phase })))).toEqual(phases.slice(0, 3));
  });

  test('are of a subscription that has ended if they are of an earlier one, or all are', () => {
    const old = aPeriod({ subscriptionId: 'sub_old' });
    expect(isOfEnded(aState(), old)).toBe(true);
    expect(isOfEnded(aState(), aPeriod())).toBe(false);
    expect(isOfEnded(aState({ billingStatus: 'ended' }), aPeriod())).toBe(true);
  });

  test('the last of a subscription is found among those of others', () => {
    const old = aPeriod({ subscriptionId: 'sub_old' });
    const state = aState({ periods: [old, february, march] });
    expect(lastOpenOf(state, 'sub_old')).toBe(old);
    expect(lastOpenOf(state, 'sub_ada')).toBe(march);
    expect(lastOpenOf(state, 'sub_x')).toBeUndefined();
  });

  test('of one only the rate that is meant is changed', () => {
    const rates = { [RATE]: NO_TOKENS, other: NO_TOKENS };
    const state = aState({ periods: [aPeriod({ rates }), { ...february, rates }] });
    const changed = withRate(state, JANUARY, RATE, (rate) => ({ ...rate, tokens: 5 }));
    expect(changed.periods.map((one) => one.rates)).toEqual([
      { [RATE]: { ...NO_TOKENS, tokens: 5 }, other: NO_TOKENS },
      rates,
    ]);
    expect(withRate(state, JANUARY, 'x', (rate) => rate)).toBe(state);
    expect(withRate(state, MARCH, RATE, (rate) => rate)).toBe(state);
  });

  test('are counted again for all reasons that were given, under the next number', () => {
    const once = requestRecount(aState(), 'a grant');
    expect(once).toMatchObject({ recounts: 1, recount: { number: 1, reasons: ['a grant'] } });
    expect(once.recount).not.toHaveProperty('cutPeriod');
    const twice = requestRecount(once, 'a cut', JANUARY);
    expect(twice.recount).toEqual({ number: 2, reasons: ['a grant', 'a cut'], cutPeriod: JANUARY });
    expect(requestRecount(twice, 'more').recount?.cutPeriod).toBe(JANUARY);
  });

  test('say the first twenty of very many reasons', () => {
    const reasons = Array.from({ length: 20 }, (_, at) => `reason ${at}`);
    const state = aState({ recount: { number: 1, reasons } });
    expect(requestRecount(state, 'one more').recount?.reasons).toEqual(reasons);
  });
});
