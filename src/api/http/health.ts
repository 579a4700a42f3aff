/** /healthz: the process answers. /readyz: it can do its work. Whoever asks is told no more. */
import { Router } from 'express';
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { readSealingRange } from '../../db/sealing-state';
import { assertSameCluster } from '../../ingest/sealing';

export function healthRoutes({ pool, log }: { readonly pool: Pool; readonly log: Logger }): Router {
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
      // The reason names hosts, users and the cluster: it is the operator's to read.
      log.warn({ err: error }, 'not ready');
      response.status(503).json({ status: 'not_ready', reason: 'See the log of this process.' });
    }
  });
  return router;
}
