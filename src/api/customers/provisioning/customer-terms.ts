/** What a repeated PUT of a customer does not change: plan, trial, test clock, an end. */
import { DomainError } from '../../../core/errors';
import type { Customer } from '../../../db/customers';
import type { CustomerRequest } from './customer-request';

export function refuseOtherTerms(row: Customer, request: CustomerRequest): void {
  const { customer, plan, testClock, trialDays } = row;
  if (request.trialDays !== undefined && request.trialDays !== trialDays) {
    throw new DomainError(
      'customer_conflict',
      `Customer ${customer} was made with trialDays ${trialDays}, the request says ` +
        `${request.trialDays}. A trial begins with the subscription: leave trialDays out.`,
      { trialDays },
    );
  }
  const isChange = request.plan !== undefined && request.plan !== plan;
  // Whoever comes back has another subscription, of any plan.
  if (isChange && row.billingStatus !== 'ended') {
    throw new DomainError(
      'customer_conflict',
      `Customer ${customer} is on plan ${plan}, the request says ${request.plan}. ` +
        `This request never changes a plan: POST /v1/customers/${encodeURIComponent(customer)}/plan does.`,
      { plan },
    );
  }
  if (request.testClock !== undefined && request.testClock !== testClock) {
    throw new DomainError(
      'customer_conflict',
      `Customer ${customer} is on ${testClock === null ? 'no test clock' : `test clock ${testClock}`}, ` +
        `the request says ${request.testClock}. A customer's clock can't be changed: leave ` +
        'testClock out, or create another customer.',
      { testClock },
    );
  }
}
