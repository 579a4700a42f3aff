/**
 * What is made of the OpenAPI document by somebody else's machinery is answered as the document
 * says. `npm run schemathesis -- --seed N --cases M` goes on until there were so many.
 */
import { startAttackedProduct } from '../support/strangers/attacked-product';
import type { AttackedProduct } from '../support/strangers/attacked-product';
import { countAnswers } from '../support/network/answer-count';
import { findSchemathesis, runSchemathesis } from '../support/strangers/schemathesis';

const CASES = Number(process.env.SCHEMATHESIS_CASES ?? 0);
const SEED = Number(process.env.SCHEMATHESIS_SEED ?? 16);
/**
 * A run goes through the same edges of each schema first, and draws what is new in the time that is
 * left: many cases are one long run.
 */
const SECONDS = 45;
const LIMIT_MS = 600_000 + CASES * 300;

let python: string;
let attacked: AttackedProduct;
beforeAll(async () => {
  python = await findSchemathesis();
  attacked = await startAttackedProduct({ LOG_LEVEL: process.env.LOG_LEVEL ?? 'fatal' });
  // The document's examples are about this one.
  await attacked.product.api.put('/v1/customers/customer-42', { email: 'ada@example.com' });
}, LIMIT_MS);
afterAll(() => attacked.stop());

test(
  'requests made of the document are answered as it says',
  async () => {
    const { apiUrl, adminKey } = attacked.product;
    const answers = countAnswers(apiUrl);
    const report = await runSchemathesis(python, {
      ...{ apiUrl, key: adminKey, seed: SEED, seconds: SECONDS, cases: CASES },
    });
    answers.stop();
    const rss = Math.round(process.memoryUsage().rss / 2 ** 20);
    process.stderr.write(
      `schemathesis, seed ${SEED}: ${report.cases} cases in ${report.runs} runs, ` +
        `${answers.text()}, ${rss} MB\n`,
    );
    expect(report.failures).toBe('');
    expect(report.cases).toBeGreaterThan(Math.max(CASES - 1, 100));
    expect(answers.total()).toBeGreaterThanOrEqual(report.cases);
    expect([...answers.byStatus.keys()].filter((status) => status >= 500)).toEqual([]);
    expect((await fetch(`${apiUrl}/healthz`)).status).toBe(200);
  },
  LIMIT_MS,
);
