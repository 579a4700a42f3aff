/** What the customer's page shows: the same as an app's own components do. */
export type {
  DashboardAccess,
  DashboardBilling,
  DashboardCost,
  DashboardInvoice,
  DashboardUsage,
  DashboardView,
} from '../react/data/view';
