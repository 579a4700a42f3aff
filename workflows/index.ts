/** The bundle's entry: every workflow, nothing else. */
export { billing } from './billing';
export { reconciliation } from './reconciliation';
