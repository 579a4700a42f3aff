/** The file sells at other prices, and customers are moved to them by an act. */
import fc from 'fast-check';
import type { Catalog } from '../../../src/core/plans/catalog';
import type { Life } from '../life';
import type { Model } from '../model';
import { succeeds } from '../operator';
import { termsIn } from '../oracle';
import { overageAt, sell, starterWith } from '../selling';
import { stripeNow } from './changes';
import { WhileAlive } from './command';

interface Sold {
  readonly catalog: Catalog;
  readonly catalogVersion: string;
}

/** What the file of a life is by now; at first the catalog of its stage. */
const files = new WeakMap<Life, Sold>();

/** Who is on a plan stays at what they bought. */
class ChangeCatalogPrice extends WhileAlive {
  constructor(
    private readonly overageCents: number,
    private readonly baseCents: number,
    private readonly included: number,
  ) {
    super();
  }
  async run(model: Model, life: Life): Promise<void> {
    await life.catchUp();
    const before = files.get(life)?.catalog ?? life.stage.catalog;
    const catalog = starterWith(overageAt(before, (this.overageCents / 100).toFixed(2)), {
      ...{ monthlyPriceCents: this.baseCents, includedTokens: this.included },
    });
    files.set(life, { catalog, catalogVersion: await sell(life, catalog) });
    const { starter, pro } = model.catalog;
    if (!starter || !pro) throw new Error('the oracle sells Starter and Pro');
    model.catalog = {
      ...model.catalog,
      starter: {
        ...{ baseCents: this.baseCents, included: this.included },
        cents: [starter.cents[0], this.overageCents],
      },
      pro: { ...pro, cents: [pro.cents[0], this.overageCents] },
    };
    await life.catchUp();
  }
  toString = () =>
    `changeCatalogPrice(${this.overageCents} cents, ${this.baseCents} cents, ${this.included})`;
}

/** The plan of now, as the file sells it now. */
class MoveToCurrentVersion extends WhileAlive {
  constructor(private readonly when: 'now' | 'period_end') {
    super();
  }
  override check = (model: Readonly<Model>): boolean => !model.isEnded && !model.isPaused;
  async run(model: Model, life: Life): Promise<void> {
    await life.catchUp();
    const sold = files.get(life);
    if (!sold) return;
    const { plan } = model.terms;
    const at = await stripeNow(life);
    const { catalogVersion } = sold;
    const move = { planId: plan, when: this.when, catalogVersion };
    if (!(await succeeds(life.ask('changePlan', move)))) return;
    await life.catchUp();
    const terms = termsIn(model.catalog, plan);
    if (this.when === 'now') model.changePlan(terms, at);
    else model.next = terms;
  }
  toString = () => `moveToCurrentVersion(${this.when})`;
}

const price = fc.tuple(
  fc.constantFrom(300, 250, 600),
  fc.constantFrom(2_900, 3_900),
  fc.constantFrom(100_000, 50_000, 250_000),
);

export const CATALOG_CHANGES = [
  price.map((all) => new ChangeCatalogPrice(...all)),
  fc.constantFrom('now' as const, 'period_end' as const).map((at) => new MoveToCurrentVersion(at)),
];
