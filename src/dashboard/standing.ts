/** What the customer's page offers: the same as an app's own components do. */
export type {
  Cancellation,
  ChangePrice,
  InvoiceDocument,
  InvoiceDocuments,
  OfferedPlan,
  Standing,
  StandingCard,
  StandingPlan,
  WaitingChanges,
} from '../react/data/standing';
