/**
 * Goal: every answer of the sandbox and every webhook that it sent during the tests has the shape
 * that Stripe's OpenAPI description gives it, with no field missing and none invented.
 */
import { readDevEnvironment } from '../../src/dev/environment';
import { findStripeDescription } from '../../src/dev/stripe-mock';
import { readRecordings, recordingFolder } from './recordings';
import { readStripeDescription } from './stripe-description';
import type { StripeDescription } from './stripe-description';
import { validate } from './validation';

/** Outside the description of v1, with the reason. */
const UNDESCRIBED: readonly { call: RegExp; reason: string }[] = [
  { call: / \/v1\/nothing/, reason: 'a route that nobody has, refused' },
  { call: / \/v2\//, reason: 'the description has no v2' },
];

const say = (line: string) => process.stderr.write(`${line}\n`);
let description: StripeDescription;

beforeAll(async () => {
  const file = await findStripeDescription(readDevEnvironment(), say);
  description = readStripeDescription(file);
}, 300_000);

test('an answer with a field too many, one too few or a wrong type would be found', () => {
  const answer = { id: 'cus_1', object: 'customer', deleted: true };
  const faults = (given: unknown) =>
    description.faultsOfAnswer('DELETE', '/v1/customers/cus_1', 200, given);
  expect(faults(answer)).toEqual([]);
  expect(faults({ ...answer, invented: 1 })).not.toEqual([]);
  expect(faults({ id: 'cus_1', object: 'customer' })).not.toEqual([]);
  expect(faults({ ...answer, id: 1 })).not.toEqual([]);
});

test('every answer and every webhook of the tests is as Stripe describes it', async () => {
  const entries = readRecordings(recordingFolder());
  const { answers, webhooks, undescribed, faults } = await validate(description, entries);
  say(`${answers} answers and ${webhooks} webhooks validated by ${description.version}`);
  const unexplained = [...undescribed.keys()].filter(
    (call) => !UNDESCRIBED.some((one) => one.call.test(call)),
  );
  expect(Object.fromEntries(faults)).toEqual({});
  expect(unexplained).toEqual([]);
  expect(answers).toBeGreaterThan(1000);
  expect(webhooks).toBeGreaterThan(500);
}, 300_000);
