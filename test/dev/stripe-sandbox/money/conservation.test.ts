/**
 * Whatever is charged, refunded, transferred, reversed, disputed and paid out, in any order: each
 * account's movements add up to its balance, no money appears and none is lost. The oracle knows
 * no movements: it keeps one number for each pocket, by the rules as Stripe's documentation has
 * them, and predicts which calls are refused.
 */
import fc from 'fast-check';
import type Stripe from 'stripe';
import { partOf, Pockets, share } from '../../../support/sandbox/pockets';
import type { Sale } from '../../../support/sandbox/pockets';
import { refusal, startStand } from '../../../support/sandbox/stand';
import type { Stand } from '../../../support/sandbox/stand';
import { chargeOf, held, movements, pay, readyVendor } from '../../../support/sandbox/vendors';

let stand: Stand;
let stripe: Stripe;

beforeAll(async () => {
  stand = await startStand();
  stripe = stand.stripe;
});
afterAll(() => stand.close());

/** Cards whose money is available at once: then a pocket is one number. */
const CARD = { payment_method: 'pm_card_bypassPending' };

interface Real {
  vendors: string[];
}

type Step = fc.AsyncCommand<Pockets, Real>;

class Charge implements Step {
  constructor(
    readonly amount: number,
    readonly vendor: number | null,
    readonly feePercent: number,
  ) {}
  check = () => true;
  async run(pockets: Pockets, real: Real): Promise<void> {
    const { amount, vendor } = this;
    const fee = share(amount, this.feePercent, 100);
    const destination = vendor === null ? undefined : real.vendors[vendor];
    const intent = await pay(stripe, amount, {
      ...CARD,
      ...(destination !== undefined && {
        application_fee_amount: fee,
        transfer_data: { destination },
      }),
    });
    const processing = share(amount, 29, 1000) + 30;
    pockets.customers += amount;
    pockets.stripe += processing;
    pockets.platform += (vendor === null ? amount : fee) - processing;
    if (vendor !== null) pockets.vendors[vendor]! += amount - fee;
    pockets.sales.push({
      charge: chargeOf(intent),
      left: amount,
      isDisputed: false,
      transfer: vendor === null ? null : { vendor, amount, back: 0, fee, feeBack: 0 },
    });
  }
  toString = () => `charge ${this.amount} for ${this.vendor ?? 'us'}, fee ${this.feePercent} %`;
}

class Refund implements Step {
  constructor(
    readonly which: number,
    readonly percent: number,
    readonly isReversing: boolean,
  ) {}
  check = ({ sales }: Pockets) => sales.length > 0;
  async run(pockets: Pockets): Promise<void> {
    const sale = pockets.sales[this.which % pockets.sales.length]!;
    const reverses = this.isReversing && sale.transfer !== null;
    const amount = partOf(sale.left, this.percent);
    const call = stripe.refunds.create({
      charge: sale.charge,
      amount,
      ...(reverses && { reverse_transfer: true, refund_application_fee: sale.transfer!.fee > 0 }),
    });
    const isTransferGone = reverses && sale.transfer!.back === sale.transfer!.amount;
    if (sale.isDisputed || amount > sale.left || isTransferGone) {
      expect((await refusal(call)).statusCode).toBe(400);
      return;
    }
    await call;
    sale.left -= amount;
    pockets.customers -= amount;
    pockets.platform -= amount;
    if (reverses) this.takeBack(pockets, sale, amount);
  }
  takeBack(pockets: Pockets, { transfer, left }: Sale, refunded: number): void {
    if (!transfer) return;
    const rest = transfer.amount - transfer.back;
    const amount = left === 0 ? rest : Math.min(rest, refunded);
    const feeRest = transfer.fee - transfer.feeBack;
    const feeShare = share(transfer.fee, amount, transfer.amount);
    const fee = amount === rest ? feeRest : Math.min(feeRest, feeShare);
    transfer.back += amount;
    transfer.feeBack += fee;
    pockets.platform += amount - fee;
    pockets.vendors[transfer.vendor]! -= amount - fee;
  }
  toString = () => `refund ${this.percent} % of sale ${this.which}, reversing ${this.isReversing}`;
}

class Transfer implements Step {
  constructor(
    readonly percent: number,
    readonly vendor: number,
  ) {}
  check = () => true;
  async run(pockets: Pockets, real: Real): Promise<void> {
    const destination = String(real.vendors[this.vendor]);
    const amount = partOf(pockets.platform, this.percent);
    const call = stripe.transfers.create({ amount, currency: 'usd', destination });
    if (amount > pockets.platform) {
      expect((await refusal(call)).code).toBe('balance_insufficient');
      return;
    }
    const { id } = await call;
    pockets.platform -= amount;
    pockets.vendors[this.vendor]! += amount;
    pockets.sent.push({ id, vendor: this.vendor, left: amount });
  }
  toString = () => `transfer ${this.percent} % to ${this.vendor}`;
}

class Reverse implements Step {
  constructor(
    readonly which: number,
    readonly percent: number,
  ) {}
  check = ({ sent }: Pockets) => sent.length > 0;
  async run(pockets: Pockets): Promise<void> {
    const sent = pockets.sent[this.which % pockets.sent.length]!;
    const amount = partOf(sent.left, this.percent);
    const call = stripe.transfers.createReversal(sent.id, { amount });
    if (amount > sent.left || amount > pockets.vendors[sent.vendor]!) {
      expect((await refusal(call)).statusCode).toBe(400);
      return;
    }
    await call;
    sent.left -= amount;
    pockets.platform += amount;
    pockets.vendors[sent.vendor]! -= amount;
  }
  toString = () => `reverse ${this.percent} % of transfer ${this.which}`;
}

class Dispute implements Step {
  constructor(
    readonly which: number,
    readonly outcome: 'lost' | 'won',
  ) {}
  check = ({ sales }: Pockets) => sales.some((one) => !one.isDisputed && one.left > 0);
  async run(pockets: Pockets): Promise<void> {
    const open = pockets.sales.filter((one) => !one.isDisputed && one.left > 0);
    const sale = open[this.which % open.length]!;
    const order = { charge: sale.charge, reason: 'fraudulent' };
    const { id } = (await stand.control('POST', 'disputes', order)) as { id: string };
    await stand.control('POST', 'disputes/close', { dispute: id, outcome: this.outcome });
    pockets.platform -= 1500;
    pockets.stripe += 1500;
    if (this.outcome === 'won') {
      // Refundable again; but a charge is disputed once.
      await stripe.refunds.create({ charge: sale.charge, amount: sale.left });
    }
    sale.isDisputed = true;
    pockets.platform -= sale.left;
    pockets.customers -= sale.left;
    sale.left = 0;
  }
  toString = () => `dispute sale ${this.which}, ${this.outcome}`;
}

class Payout implements Step {
  constructor(
    readonly percent: number,
    readonly vendor: number | null,
    readonly end: 'canceled' | 'failed' | 'paid',
  ) {}
  check = () => true;
  async run(pockets: Pockets, real: Real): Promise<void> {
    const { percent, vendor, end } = this;
    const options = vendor === null ? {} : { stripeAccount: real.vendors[vendor] };
    const has = vendor === null ? pockets.platform : pockets.vendors[vendor]!;
    const amount = partOf(has, percent);
    const call = stripe.payouts.create({ amount, currency: 'usd' }, options);
    if (amount > has) {
      expect((await refusal(call)).code).toBe('balance_insufficient');
      return;
    }
    const { id } = await call;
    if (end === 'canceled') await stripe.payouts.cancel(id, {}, options);
    else await stand.control('POST', 'payouts', { payout: id, outcome: end });
    if (end !== 'paid') return;
    pockets.banks += amount;
    if (vendor === null) pockets.platform -= amount;
    else pockets.vendors[vendor]! -= amount;
  }
  toString = () => `pay out ${this.percent} % of ${this.vendor ?? 'us'}: ${this.end}`;
}

const amounts = fc.integer({ min: 50, max: 200_000 });
const percents = fc.oneof(fc.constantFrom(100, 101), fc.integer({ min: 1, max: 99 }));
const vendors = fc.constantFrom(0, 1);
const anyone = fc.constantFrom(0, 1, null);
const steps = [
  fc.tuple(amounts, anyone, fc.integer({ min: 0, max: 100 })).map((all) => new Charge(...all)),
  fc.tuple(fc.nat(9), percents, fc.boolean()).map((all) => new Refund(...all)),
  fc.tuple(percents, vendors).map((all) => new Transfer(...all)),
  fc.tuple(fc.nat(9), percents).map((all) => new Reverse(...all)),
  fc.tuple(fc.nat(9), fc.constantFrom('lost', 'won')).map((all) => new Dispute(...all)),
  fc
    .tuple(percents, anyone, fc.constantFrom('canceled', 'failed', 'paid'))
    .map((all) => new Payout(...all)),
];

test('in any order of payments, no money appears and none is lost', async () => {
  const property = fc.asyncProperty(
    fc.commands(steps, { maxCommands: 40, size: 'max' }),
    async (commands) => {
      await stand.control('POST', 'reset');
      const accounts = [await readyVendor(stripe), await readyVendor(stripe)];
      const real = { vendors: accounts.map(({ id }) => id) };
      const pockets = new Pockets();
      await fc.asyncModelRun(() => ({ model: pockets, real }), commands);
      for (const [account, expected] of [
        [undefined, pockets.platform],
        [real.vendors[0], pockets.vendors[0]],
        [real.vendors[1], pockets.vendors[1]],
      ] as const) {
        expect(await held(stripe, account)).toEqual([expected, 0]);
        expect(await movements(stripe, account)).toBe(expected);
      }
      expect(pockets.sum()).toBe(pockets.customers);
    },
  );
  await fc.assert(property, { numRuns: 60 });
}, 60_000);
