/** The gates of an API whose settings limit nobody: for tests that mount one route by itself. */
import type { Pool } from 'pg';
import { pino } from 'pino';
import { createGates } from '../../../src/api/limits/gates';

export const openGates = (pool: Pool) =>
  createGates(
    { pool, log: pino({ level: 'silent' }), config: {} },
    { countRefused: () => undefined },
  );
