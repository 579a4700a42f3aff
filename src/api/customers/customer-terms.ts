/** What a repeated PUT of a customer does not change: plan, trial, test clock, an end. */
import { DomainError } from '../../core/errors';
import type { Customer } from '../../db/customers';
import type { CustomerRequest } from './customer-request';

export function refuseOtherTerms(row: Customer, request: CustomerRequest): void {
  const { customer, plan, testClock, trialDays } = row;
  if (row.billingStatus === 'ended' && request.plan !== undefined) {
    throw new DomainError(
      'subscription_not_active',
      `The subscription of ${customer} has ended, and this request begins none: its usage would be ` +
        'billed nowhere. A customer who comes back is made under another customer id; without ' +
        '`plan`, e-mail and name can be changed.',
    );
  }
  if (request.trialDays !== undefined && request.trialDays !== trialDays) {
    throw new DomainError(
      'customer_conflict',
      `Customer ${customer} was made with trialDays ${trialDays}, the request says ` +
        `${request.trialDays}. A trial begins with the subscription: leave trialDays out.`,
      { trialDays },
    );
  }
  if (request.plan !== undefined && request.plan !== plan) {
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
