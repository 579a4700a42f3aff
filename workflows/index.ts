/** The bundle enters here: it has every workflow, and nothing else. */
export { billing } from './billing';
export { catalogRollout } from './catalog-rollout';
export { dunning } from './dunning';
export { importSubscription } from './import-subscription';
export { payout } from './payout';
export { reconciliation } from './reconciliation';
