/** The bundle's entry: every workflow, nothing else. */
export { billing } from './billing';
export { dunning } from './dunning';
export { reconciliation } from './reconciliation';
