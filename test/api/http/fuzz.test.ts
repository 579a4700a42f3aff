/**
 * Whatever a stranger sends is answered, in time, as the OpenAPI document says, and by no fault of
 * ours. `npm run fuzz -- --seed N --cases M` searches further than the few thousand cases here.
 */
import { createApiKey } from '../../../src/db/api-keys';
import { startAttackedProduct } from '../../support/strangers/attacked-product';
import type { AttackedProduct } from '../../support/strangers/attacked-product';
import { besiege } from '../../support/strangers/siege';
import type { AttackKeys } from '../../support/strangers/attacks';

const CASES = Number(process.env.FUZZ_CASES ?? 5_000);
const SEED = Number(process.env.FUZZ_SEED ?? 16);
/** Both are of a process that stands still or leaks, and not of a machine that is busy. */
const HELD_UP_MS_MAX = 10_000;
const GROWN_MB_MAX = 1_500;

let attacked: AttackedProduct;
let keys: AttackKeys;
beforeAll(async () => {
  attacked = await startAttackedProduct({ LOG_LEVEL: process.env.LOG_LEVEL ?? 'fatal' });
  const { pool, adminKey, ingestKey } = attacked.product;
  const read = await createApiKey(pool, { name: 'read', scopes: ['read'] });
  const scopes = ['ingest', 'read', 'proxy'] as const;
  const bound = await createApiKey(pool, { name: 'bound', scopes, customer: 'ada' });
  keys = { admin: adminKey, ingest: ingestKey, read: read.key, bound: bound.key };
});
afterAll(() => attacked.stop());

test(
  'thousands of requests that nobody should send are answered as is documented',
  async () => {
    const report = await besiege(attacked, keys, { seed: SEED, cases: CASES });
    process.stderr.write(`seed ${SEED}: ${JSON.stringify({ ...report, faults: undefined })}\n`);
    expect(report.faults.join('\n')).toBe('');
    expect(report.sent).toBeGreaterThanOrEqual(CASES);
    expect(report.heldUpMs).toBeLessThan(HELD_UP_MS_MAX);
    expect(report.grownMb).toBeLessThan(GROWN_MB_MAX);
    expect((await fetch(`${attacked.product.apiUrl}/healthz`)).status).toBe(200);
  },
  60_000 + CASES * 60,
);
