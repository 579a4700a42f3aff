/** What the customer's page and pages of apps ask for alike, each by a token of its own kind. */
import type { RequestHandler } from 'express';
import { requireCustomer } from '../customers/customer-period';
import { invoiceDocuments, invoicePageSchema } from './invoice-documents';
import { changePlan, planOrderSchema, priceOf, priceRequestSchema } from './own-changes';
import type { PageCounter } from './page-counter';
import type { SelfServiceDeps } from './self-service-deps';

export interface PageAnswers {
  readonly invoices: RequestHandler;
  readonly planPrice: RequestHandler;
  readonly changePlan: RequestHandler;
}

export const pageAnswers = (deps: SelfServiceDeps, counter: PageCounter): PageAnswers => ({
  invoices: counter.look('invoices', invoicePageSchema, async ({ customer, input }) =>
    invoiceDocuments(deps.stripe, await requireCustomer(deps.pool, customer), input.after),
  ),
  planPrice: counter.look('plan', priceRequestSchema, ({ customer, input }) =>
    priceOf(deps, customer, input.plan),
  ),
  changePlan: counter.change('plan', planOrderSchema, ({ customer, input }, key) =>
    changePlan(deps, customer, input, key),
  ),
});
