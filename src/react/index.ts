/** `tollkeeper/react`: usage, plans and invoices of a customer in an app's own pages. */
'use client';

export type { TollkeeperSettings } from './data/client';
export { useInvoices, usePlans, useUsage } from './hooks';
export type { CheckoutOrder, Invoices as InvoicesNow, Plans as PlansNow, Shown } from './hooks';
export { Invoices } from './invoices';
export type { InvoicesProps } from './invoices';
export { Plans } from './plans';
export type { PlansProps } from './plans';
export { TollkeeperProvider } from './provider';
export type { TollkeeperProviderProps } from './provider';
export { Refusal } from './data/refusal';
export type {
  ChangePrice,
  InvoiceDocument,
  InvoiceDocuments,
  OfferedPlan,
  Standing,
} from './data/standing';
export { Usage } from './usage';
export type { UsageProps } from './usage';
export type { DashboardBilling, DashboardView } from './data/view';
