/** Whose a batch is, on one route: written down as it is made, and asked for when it is read. */
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import {
  closeMadeBatch,
  findMadeBatch,
  firstReadOf,
  insertMadeBatch,
  noteBatchFiles,
} from '../../../db/made-batches';
import { notCheckable } from '../proxy-error';
import type { BatchFiles, BatchPlace, MadeBatch } from '../../../db/made-batches';

/** All throw `ledger_unavailable` but those that note something, which log it. */
export interface MadeBatches {
  note(batch: Omit<MadeBatch, 'upstream'>): Promise<void>;
  noteFiles(id: string, files: BatchFiles): Promise<void>;
  find(of: BatchPlace['of']): Promise<MadeBatch | undefined>;
  /** When its results were first read. */
  firstRead(batch: MadeBatch): Promise<Date>;
  /** They were read to their end; `of`: where they lay. */
  close(batch: MadeBatch, of: BatchPlace['of']): Promise<void>;
}

export function createMadeBatches(pool: Pool, log: Logger, upstream: string): MadeBatches {
  /** The database was away as they were made. */
  const unwrittenBatches = new Map<string, MadeBatch>();
  const write = async (): Promise<void> => {
    for (const [id, batch] of unwrittenBatches) {
      await insertMadeBatch(pool, batch);
      unwrittenBatches.delete(id);
    }
  };
  const noting = (id: string, doing: Promise<void>): Promise<void> =>
    doing.catch((err: unknown) => log.error({ err, batch: id }, 'a batch can not be written down'));
  return {
    note: ({ id, customer }) => {
      unwrittenBatches.set(id, { upstream, id, customer });
      return noting(id, write());
    },
    noteFiles: (id, files) => noting(id, noteBatchFiles(pool, { upstream, id }, files)),
    find: async (of) => {
      await write().catch(notCheckable('it is'));
      return findMadeBatch(pool, { upstream, of }).catch(notCheckable('it is'));
    },
    firstRead: (batch) => firstReadOf(pool, batch).catch(notCheckable('it is')),
    close: (batch, of) => noting(batch.id, closeMadeBatch(pool, { upstream, of })),
  };
}
