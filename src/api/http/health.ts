/** /healthz: the process answers. /readyz: it can do its work. */
import { Router } from 'express';
import type { Pool } from 'pg';
import { readSealingRange } from '../../db/usage-batches';
import { assertSameCluster } from '../../ingest/sealing';

export function healthRoutes(pool: Pool): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  router.get('/readyz', async (_request, response) => {
    try {
      // Fails without a database, without its schema, and in a cluster that the ledger is not from.
      assertSameCluster(await readSealingRange(pool));
      response.json({ status: 'ready' });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      response.status(503).json({ status: 'not_ready', reason });
    }
  });
  return router;
}
