/** What is on record of an import, and what its customer's own workflow is asked for. */
import type { Pool } from 'pg';
import { findImport, findRival } from '../src/db/imports';
import type { ImportPhase } from '../src/db/imports';
import {
  endObservation,
  forgetImported,
  recordImport,
  refuseImport,
  settleImport,
  takeOver,
} from '../src/db/imports-write';
import type { ImportRecord, ImportRefusal } from '../src/db/imports-write';
import type { ImportEntry } from '../src/core/adoption/import-plan';
import type { ActivityDeps } from './deps';

/** What an import asks of the customer's workflow. */
export interface ImportedWorkflows {
  /** Starts `billing:{customer}` unless it runs. */
  startBilling(customer: string): Promise<void>;
  /**
   * Ends `billing:{customer}` for good. Answers why that is not possible: something was reported,
   * or it does not answer. null: it is over, or there was none.
   */
  letGo(customer: string): Promise<string | null>;
  /** Ends whatever was begun since it was let go. */
  endStray(customer: string): Promise<void>;
}

export interface KnownImport {
  readonly customer: string;
  readonly phase: ImportPhase;
  /** Unix seconds; null: it is observed only. */
  readonly billsFrom: number | null;
}

export type ImportDeps = Pick<ActivityDeps, 'pool'> & {
  readonly imported: ImportedWorkflows;
};

export interface ImportStanding {
  /** null: it was never imported. */
  readonly known: KnownImport | null;
  /** Why nobody can become this customer: somebody is. null: nobody is. */
  readonly rival: string | null;
}

export function createImportRecordActivities({ pool, imported }: ImportDeps) {
  return {
    recordImport: (record: ImportRecord): Promise<void> => recordImport(pool, record),

    refuseImport: (record: ImportRefusal): Promise<void> => refuseImport(pool, record),

    takeOver: (record: ImportRecord & { readonly billsFrom: number }): Promise<void> =>
      takeOver(pool, record),

    /** What was wanted holds already. */
    settleImport: (subscription: string): Promise<void> => settleImport(pool, subscription),

    startImported: (customer: string): Promise<void> => imported.startBilling(customer),

    /** Both at once: each activity of an account of thousands is thousands. */
    findImport: async (entry: ImportEntry): Promise<ImportStanding> => ({
      known: await knownImport(pool, entry.subscription),
      rival: await findRival(pool, entry),
    }),

    letGoImported: (customer: string): Promise<string | null> => imported.letGo(customer),

    /**
     * Everything of it in our tables but the ledger and the audit trail. Where that can't be, the
     * customer's workflow goes on, and why is answered.
     */
    forgetImported: async (request: {
      readonly subscription: string;
      readonly customer: string;
    }): Promise<string | null> => {
      const reason = await forgetImported(pool, request.subscription);
      if (reason === null) await imported.endStray(request.customer);
      else await imported.startBilling(request.customer);
      return reason;
    },

    endObservation: async (request: {
      readonly subscription: string;
      readonly by: string;
    }): Promise<void> => {
      await endObservation(pool, request.subscription, request.by);
    },
  };
}

async function knownImport(pool: Pool, subscription: string): Promise<KnownImport | null> {
  const row = await findImport(pool, subscription);
  if (!row) return null;
  const { customer, phase, billsFrom } = row;
  return { customer, phase, billsFrom: billsFrom && billsFrom.getTime() / 1000 };
}
