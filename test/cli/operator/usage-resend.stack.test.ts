/**
 * Goal: usage that the API had to reject is sent again once the cause is mended, counts once
 * however often that is done, and the file of it stays as it is.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resendFile, resentText } from '../../../src/cli/operator/usage-resend';
import { TollkeeperClient } from '../../../src/sdk';
import { createUsageApi } from '../../../src/sdk/usage-api';
import type { SendOutcome, UsageApi } from '../../../src/sdk/usage-api';
import type { TestApi } from '../../support/api/api';
import { startTestApi } from '../../support/api/api';

let api: TestApi;
let folder: string;
beforeAll(async () => {
  api = await startTestApi();
  folder = await mkdtemp(join(tmpdir(), 'tollkeeper-resend-'));
  await api.addCustomer('ada');
});
afterAll(async () => {
  await api.close();
  await rm(folder, { recursive: true });
});

const asked: string[] = [];
const answering = (isYes: boolean) => async (question: string) => {
  asked.push(question);
  return isYes;
};
const usageApi = (apiKey: string): UsageApi =>
  createUsageApi({ baseUrl: api.url, apiKey, requestTimeoutMs: 10_000, fetch });
const resend = (file: string, isYes = true) =>
  resendFile(usageApi(api.keys.ingest), file, api.url, answering(isYes));
const eventOf = (id: string, customer = 'ada') => ({
  ...{ id, customer, model: 'gpt-4o-mini', tokens: { input: 100, output: 20 } },
  occurredAt: new Date().toISOString(),
});
async function fileOf(name: string, lines: readonly unknown[]): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return file;
}
const recorded = async (customer: string): Promise<number> => {
  const { rows } = await api.pool.query<{ count: string }>(
    'select count(*) from usage_events where customer = $1',
    [customer],
  );
  return Number(rows[0]?.count);
};

test('what a spool set aside is accepted once its customer is there, and counts once', async () => {
  const directory = join(folder, 'spool');
  const client = new TollkeeperClient({
    ...{ baseUrl: api.url, apiKey: api.keys.ingest, spool: { directory } },
    onError: () => undefined,
  });
  await client.recordUsage(eventOf('late-1', 'late'));
  await client.recordUsage(eventOf('late-2', 'later'));
  await client.flush();
  await client.close();
  const file = join(directory, 'rejected.ndjson');
  const before = await readFile(file, 'utf8');
  await api.addCustomer('late');

  const first = await resend(file);
  expect(first).toMatchObject({ accepted: 1, duplicates: 0, rejected: 1 });
  expect(first?.rejections).toMatchObject([
    { line: 2, id: 'late-2', customer: 'later', code: 'customer_not_found' },
  ]);
  expect(await resend(file)).toMatchObject({ accepted: 0, duplicates: 1, rejected: 1 });
  expect(await recorded('late')).toBe(1);
  expect(await readFile(file, 'utf8')).toBe(before);
});

test('it says what will be sent, and without a yes sends nothing', async () => {
  const file = await fileOf('asked.ndjson', [eventOf('asked-1'), eventOf('asked-2', 'late')]);
  const before = await recorded('ada');
  expect(await resend(file, false)).toBeUndefined();
  expect(asked.at(-1)).toMatch(/2 usage events of 2 customers, 240 tokens, from \d{4}-/);
  expect(asked.at(-1)).toContain(`sent to ${api.url}`);
  expect(await recorded('ada')).toBe(before);
});

test('2,500 plain usage events go in three requests; a line that is none is named', async () => {
  const events = Array.from({ length: 2_500 }, (_, index) => eventOf(`many-${index}`));
  const file = await fileOf('many.ndjson', ['no event', ...events]);
  const sizes: number[] = [];
  const real = usageApi(api.keys.ingest);
  const counting: UsageApi = {
    ...real,
    send: (lines, signal) => (sizes.push(lines.length), real.send(lines, signal)),
  };
  const resent = await resendFile(counting, file, api.url, answering(true));
  expect(sizes).toEqual([1_000, 1_000, 500]);
  expect(resent).toMatchObject({ accepted: 2_500, duplicates: 0, rejected: 1 });
  expect(resentText(resent as NonNullable<typeof resent>)).toMatch(
    /accepted +2,500[^]*1 +│[^]*unreadable/,
  );
});

test('a key that is refused ends it with what was done so far, and no stack trace', async () => {
  const file = await fileOf('refused.ndjson', [eventOf('refused-1')]);
  await expect(resendFile(usageApi('tk_x'), file, api.url, answering(true))).rejects.toThrow(
    /could not be sent: The API answered 401[^]*Until then 0 were accepted[^]*Run it again/,
  );
});

describe('an API that does not answer as it should', () => {
  const scripted = (outcomes: SendOutcome[]): UsageApi => ({
    ...usageApi(api.keys.ingest),
    send: async () => outcomes.shift() as SendOutcome,
  });
  const accepted: SendOutcome = { kind: 'taken', results: [{ status: 'accepted' }] };
  const refused: SendOutcome = {
    ...{ kind: 'refused', status: 413, code: 'payload_too_large', message: 'too large' },
  };

  test('is asked again where that may help', async () => {
    const file = await fileOf('again.ndjson', [eventOf('again-1')]);
    const outcomes: SendOutcome[] = [
      { kind: 'failed', status: 503, message: 'The API answered 503', retryAfterMs: 1 },
      accepted,
    ];
    expect(await resendFile(scripted(outcomes), file, api.url, answering(true), 1)).toMatchObject({
      accepted: 1,
    });
  });

  test('gets halves of a body that it refuses, until one line alone is to blame', async () => {
    const file = await fileOf('halves.ndjson', [eventOf('half-1'), eventOf('half-2')]);
    const resent = await resendFile(
      ...([scripted([refused, accepted, refused]), file, api.url, answering(true)] as const),
    );
    expect(resent).toMatchObject({
      ...{ accepted: 1, rejected: 1 },
      rejections: [{ line: 2, id: 'half-2', code: 'payload_too_large' }],
    });
  });
});

test('a file that is not there is said in a sentence', async () => {
  await expect(resend(join(folder, 'none.ndjson'))).rejects.toThrow("can't be read: ENOENT");
});
