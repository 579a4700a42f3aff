/** What plans, invoices and how a customer stands change with: they are read anew by it. */
import type { DashboardView } from './view';

export function newsOf({ billing }: DashboardView): string {
  const { planName, period, invoices, access, waiting } = billing ?? {};
  return JSON.stringify([planName, period, invoices, access, waiting]);
}
