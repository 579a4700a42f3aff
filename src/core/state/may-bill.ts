/**
 * Tells whether what we have counted may become money: reports, lines, and drafts that are let go.
 */
import type { BillingState } from './billing-state';
import { findException } from './exceptions';

/** Nothing is billed before it is known what there is. */
export const mayBill = (state: BillingState): boolean =>
  state.recovering === undefined &&
  !state.isLetGo &&
  findException(state, { kind: 'ledger_behind', subject: state.customer }) === undefined;
