/** What is open of customers, and of whom an import was to make one: one list for operators. */
import type { Pool } from 'pg';
import type { ImportException } from '../../core/adoption/import-exceptions';
import type { BillingException } from '../../core/state/remembered';
import { openImportExceptions } from '../../db/import-exceptions';
import type { OpenExceptions } from '../../temporal/open-exceptions';

export type AnyException = BillingException | ImportException;

export interface AllExceptions {
  customers(): Promise<readonly string[]>;
  of(
    customer: string,
  ): Promise<{ readonly exceptions: readonly AnyException[] } | { readonly reason: string }>;
}

/** It is of one page, and reads imports once. Who is observed has no workflow to be asked. */
export function allExceptions({
  pool,
  openExceptions,
}: {
  readonly pool: Pool;
  readonly openExceptions: OpenExceptions;
}): AllExceptions {
  let reading: ReturnType<typeof openImportExceptions> | undefined;
  const imported = () => (reading ??= openImportExceptions(pool));
  return {
    customers: async () => {
      const customers = await openExceptions.customers();
      return [...new Set([...customers, ...(await imported()).keys()])].sort();
    },
    of: async (customer) => {
      const exception = (await imported()).get(customer);
      return exception ? { exceptions: [exception] } : openExceptions.of(customer);
    },
  };
}
