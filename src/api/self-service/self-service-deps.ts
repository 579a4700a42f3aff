/** What the customer's page needs to change something. */
import type { Logger } from 'pino';
import type { BillingUpdates } from '../../temporal/billing-updates';
import type { ProvisioningDeps } from '../customers/provisioning/provisioning-deps';
import type { ApiConfig } from '../deps';

export interface SelfServiceDeps extends ProvisioningDeps {
  readonly config: ApiConfig;
  readonly log: Logger;
  readonly updates: BillingUpdates;
}
