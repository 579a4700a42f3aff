/** Vendors' shares: reading what was paid and moved, and keeping the vendors' books. */
import type Stripe from 'stripe';
import type { Catalog } from '../src/core/catalog';
import { vendorPolicy } from '../src/core/catalog';
import { accountOf, duesToBook, findPosition, offsetToBook, positionsOf } from '../src/core/payout-position';
import type { NextMove, Position } from '../src/core/payout-position';
import type { PayoutFacts, PayoutSale, PayoutStanding } from '../src/core/payout-facts';
import { destinationShare, splitCharge } from '../src/core/payout-split';
import { earningsToBook, movementsToBook } from '../src/core/vendor-books';
import type { MadeTransfer, VendorEntry } from '../src/core/vendor-books';
import { findCustomer } from '../src/db/customers';
import { bookEntries } from '../src/db/vendor-entries';
import { findVendor, listVendors } from '../src/db/vendors';
import { chargesOfInvoice, paidCharge, readCharge } from '../src/stripe/paid-charges';
import { madeTransfer, transfersOf } from '../src/stripe/charge-transfers';
import { idOf } from '../src/stripe/invoice-snapshot';
import { paidLines } from '../src/stripe/paid-lines';
import { createPriceBook } from '../src/stripe/price-book';
import { createClocks } from '../src/stripe/test-clocks';
import type { ActivityDeps } from './deps';

export interface PayoutRequest {
  readonly customer: string;
  /** An invoice, or the charge of a one-off sale. */
  readonly source: string;
}
