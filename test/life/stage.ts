/** Where lives are played: one sandbox with the catalog pushed, and the people that are known. */
import type Stripe from 'stripe';
import type { Catalog } from '../../src/core/plans/catalog';
import { startStripeSandbox } from '../../src/dev/stripe-sandbox/server';
import { loadCatalog } from '../../src/stripe/catalog-file';
import { pushCatalog } from '../../src/stripe/catalog-push';
import { asVersion, versionOf } from '../../src/stripe/catalog-version';
import { createStripe } from '../../src/stripe/client';
import type { SendReport } from '../../src/stripe/meter-transport';
import { catalogs, people } from './stand-ins';

export class Stage {
  /** Unix milliseconds of whoever lives at the moment. */
  clockOf: () => number = Date.now;
  readonly names = new Map<string, string>();
  /** How reports reach the meters; undefined: by a call each. */
  sendReport: SendReport | undefined;
  private pristine = '';

  private constructor(
    readonly stripe: Stripe,
    readonly catalog: Catalog,
    readonly url: string,
    readonly close: () => Promise<void>,
  ) {}

  static async open(): Promise<Stage> {
    // Calls by the hundred thousand are not worth noting for the conformance tests.
    delete process.env.STRIPE_SANDBOX_RECORD;
    // The SDK notes the stack of every call: with source maps that is half of a call's time.
    Error.stackTraceLimit = 0;
    const sandbox = await startStripeSandbox({
      deliveryWaitMs: 0,
      draftPauseMs: 0,
      meterCallsPerSecond: 1_000_000,
    });
    const stripe = createStripe({ secretKey: 'sk_test_life', apiBase: sandbox.url });
    const catalog = await loadCatalog('catalog.yaml');
    await pushCatalog(stripe, catalog);
    const stage = new Stage(stripe, catalog, sandbox.url, () => sandbox.close());
    const { snapshot } = (await stage.order('snapshot')) as { snapshot: string };
    stage.pristine = snapshot;
    await stage.clear();
    return stage;
  }

  customerOf(stripeCustomerId: string): string {
    return this.names.get(stripeCustomerId) ?? '';
  }

  /** As if nobody had lived here. */
  async clear(): Promise<void> {
    await this.order('restore', { snapshot: this.pristine });
    people.clear();
    catalogs.clear();
    catalogs.set(versionOf(this.catalog), asVersion(this.catalog));
    this.names.clear();
    this.sendReport = undefined;
  }

  async order(what: string, order: object = {}): Promise<unknown> {
    const response = await fetch(`${this.url}/_sandbox/${what}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(order),
    });
    if (!response.ok) throw new Error(`${what}: ${await response.text()}`);
    return response.json();
  }

  async advance(clock: string, second: number): Promise<void> {
    const { testClocks } = this.stripe.testHelpers;
    await testClocks.advance(clock, { frozen_time: second });
    while ((await testClocks.retrieve(clock)).status !== 'ready');
  }
}
