/** Both processes find out in one way whether a customer has paid at Checkout. */
import { adoptSubscription } from '../../activities/adopt-subscription';
import type { Services } from './services';

export const createAdoption =
  (services: Pick<Services, 'pool' | 'stripe'>) =>
  (customer: string): Promise<string | null> =>
    adoptSubscription(services, customer);
