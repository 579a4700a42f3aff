/** What the vendor's page shows: its statement, and its account as Stripe last told it. */
import type { KnownAccount } from '../core/vendors/vendor-account';
import type { VendorStatement } from '../core/vendors/vendor-statement';

export interface VendorDashboardView {
  readonly vendorName: string;
  readonly currency: string;
  /** null: the catalog does not have the vendor any more. */
  readonly feePercent: string | null;
  readonly minimumPayoutCents: number;
  /** undefined: it sells, and has no account yet. */
  readonly account: KnownAccount | undefined;
  readonly statement: VendorStatement;
  readonly now: Date;
}
