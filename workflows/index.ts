/** The bundle's entry: every workflow, nothing else. */
export { billing } from './billing';
export { catalogRollout } from './catalog-rollout';
export { dunning } from './dunning';
export { payout } from './payout';
export { reconciliation } from './reconciliation';
