/** Which catalog versions a change of plan leads from and to, and that the owner stays the same. */
import { ApplicationFailure } from '@temporalio/common';
import type Stripe from 'stripe';
import { findPlan } from '../src/core/plans/catalog';
import type { CatalogVersion } from '../src/core/plans/catalog-version';
import { DomainError } from '../src/core/errors';
import { assertSameOwner } from '../src/core/subscription/plan-change';
import { pinOf } from '../src/stripe/subscription-items';
import type { ItemMeaning } from '../src/stripe/subscription-items';
import type { createSoldCatalogs } from './sold-catalog';

export interface SoldChange {
  readonly from: CatalogVersion;
  readonly to: CatalogVersion;
}

export interface SeenSubscription {
  readonly subscription: Stripe.Subscription;
  readonly items: readonly ItemMeaning[];
}

interface Asked {
  readonly fromPlan: string;
  readonly planId: string;
  /** The version to change to. Absent means the present one if the plan stays, else today's. */
  readonly catalogVersion?: string;
  /** The version that sold the present plan, should the subscription not say. */
  readonly fromVersion?: string;
}

export async function versionsOf(
  catalogs: ReturnType<typeof createSoldCatalogs>,
  { fromPlan, planId, fromVersion, catalogVersion }: Asked,
  { subscription, items }: SeenSubscription,
): Promise<SoldChange> {
  const origin = await catalogs.soldBy([pinOf(subscription), fromVersion], fromPlan, items);
  if (catalogVersion !== undefined)
    return { from: origin, to: await catalogs.exactly(catalogVersion, planId).catch(refuse) };
  const usual = planId === fromPlan ? origin.version : catalogs.current.version;
  return { from: origin, to: await catalogs.soldBy([usual], planId, []) };
}

/** The caller has to ask otherwise: no repetition mends it. */
export function refuseOtherOwner(
  soldVersion: CatalogVersion,
  fromPlan: string,
  target: CatalogVersion,
  planId: string,
): void {
  const plans = [findPlan(soldVersion.catalog, fromPlan), findPlan(target.catalog, planId)];
  try {
    assertSameOwner({ plans }, fromPlan, planId);
  } catch (error) {
    refuse(error);
  }
}

/** Somebody waits for the answer: a broken rule is told, and not tried again. */
function refuse(error: unknown): never {
  if (!(error instanceof DomainError)) throw error;
  throw ApplicationFailure.nonRetryable(error.message, error.code);
}
