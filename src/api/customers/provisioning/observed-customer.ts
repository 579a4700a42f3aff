/** Who is observed before they become a customer has a subscription: nobody makes them another. */
import type { Pool } from 'pg';
import { DomainError } from '../../../core/errors';
import { findObserved } from '../../../db/imports';

export async function refuseObserved(pool: Pool, customer: string): Promise<void> {
  const subscription = await findObserved(pool, customer);
  if (subscription === undefined) return;
  throw new DomainError(
    'customer_conflict',
    `Customer ${customer} is observed, and billed by something else: ${subscription} was imported. ` +
      'Their usage is taken. They become a customer by tollkeeper import apply --mode bill, or ' +
      'are nobody again by tollkeeper import undo.',
    { subscription },
  );
}
