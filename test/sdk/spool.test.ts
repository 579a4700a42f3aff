/**
 * Goal: usage that was recorded reaches the ledger, through outages and restarts.
 * Method: the real client on a real directory against an endpoint that the test can break.
 */
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/stack/eventually';
import { down, startSpoolCase, usageOf } from '../support/sdk/spool-case';
import type { SpoolCase } from '../support/sdk/spool-case';
import { answer, noFault } from '../support/sdk/usage-endpoint';

let at: SpoolCase;

beforeEach(async () => {
  at = await startSpoolCase();
});

afterEach(() => at.end());

test('what was recorded is on the disk before the call returns', async () => {
  at.endpoint.fault = down;
  const recorded = at.open().recordUsage(usageOf('a'));
  expect(readFileSync(join(at.directory, at.segments()[0] as string), 'utf8')).toContain(
    '"id":"a"',
  );
  await recorded;
});

test('usage leaves the spool when the API has acknowledged it, in batches of at most 1,000', async () => {
  const client = at.open();
  await Promise.all(
    Array.from({ length: 2_500 }, (_, index) => client.recordUsage(usageOf(`e${index}`))),
  );
  await client.flush();
  expect(at.ids()).toEqual(Array.from({ length: 2_500 }, (_, index) => `e${index}`));
  expect(Math.max(...at.endpoint.requests)).toBe(1_000);
  await client.close();
  expect(at.segments()).toEqual([]);
});

test('usage waits through an outage of the API and is counted once', async () => {
  at.endpoint.fault = down;
  const client = at.open();
  await client.recordUsage([usageOf('a'), usageOf('b')]);
  await eventually(
    () => at.endpoint.requests.length,
    (count) => count > 2,
  );
  at.endpoint.fault = noFault;
  await client.flush();
  expect(at.ids()).toEqual(['a', 'b']);
  expect([...new Set(at.errors.map(({ code }) => code))]).toEqual(['send_failed']);
});

test('usage that was taken but not acknowledged is sent again under the same id', async () => {
  const client = at.open();
  at.endpoint.fault = (response, events) => {
    at.endpoint.ledger.push(...events);
    at.endpoint.fault = noFault;
    response.destroy();
    return true;
  };
  await client.recordUsage({ ...usageOf('x'), id: undefined });
  await client.flush();
  expect(at.endpoint.ledger).toHaveLength(1);
  expect(at.endpoint.duplicates).toBe(1);
});

test('a wait that the API asks for is honoured', async () => {
  const client = at.open();
  let refusedAt = 0;
  at.endpoint.fault = (response) => {
    refusedAt = Date.now();
    at.endpoint.fault = noFault;
    return answer(response, 429, { code: 'too_many_requests' }, { 'retry-after': '1' });
  };
  await client.recordUsage(usageOf('a'));
  await client.flush();
  expect(Date.now() - refusedAt).toBeGreaterThanOrEqual(1_000);
});

test('an answer that is no acknowledgement, like a page of a proxy, keeps usage in the spool', async () => {
  const client = at.open();
  at.endpoint.fault = (response) => {
    at.endpoint.fault = noFault;
    return answer(response, 202, '<html>');
  };
  await client.recordUsage(usageOf('a'));
  await client.flush();
  expect(at.ids()).toEqual(['a']);
});

test('usage that one process recorded is sent by the next', async () => {
  at.endpoint.fault = down;
  const first = at.open();
  await first.recordUsage([usageOf('a'), usageOf('b')]);
  await first.close({ timeoutMs: 0 });
  at.endpoint.fault = noFault;
  await at.open().flush();
  expect(at.ids()).toEqual(['a', 'b']);
});

test('rejected usage is kept aside and told, and holds nothing up', async () => {
  const client = at.open();
  await client.recordUsage([usageOf('a'), usageOf('b', 'nobody'), usageOf('c')]);
  await client.flush();
  expect(at.ids()).toEqual(['a', 'c']);
  expect(at.errors).toMatchObject([
    { code: 'usage_rejected', rejections: [{ event: { id: 'b' }, code: 'customer_not_found' }] },
  ]);
  const kept = readFileSync(join(at.directory, 'rejected.ndjson'), 'utf8').trimEnd().split('\n');
  expect(kept.map((line) => JSON.parse(line) as object)).toMatchObject([{ event: { id: 'b' } }]);
});

test('usage that makes the API refuse its whole batch is found and set aside alone', async () => {
  const client = at.open();
  at.endpoint.fault = (response, events) =>
    events.some(({ id }) => id === 'bad') && answer(response, 422, { code: 'invalid_request' });
  await client.recordUsage([usageOf('a'), usageOf('b'), usageOf('bad'), usageOf('c')]);
  await client.flush();
  expect(at.ids()).toEqual(['a', 'b', 'c']);
  expect(at.errors).toMatchObject([
    { code: 'usage_rejected', rejections: [{ event: { id: 'bad' } }] },
  ]);
});

test('a line that a crash left half written is cut off, and the rest is sent', async () => {
  at.endpoint.fault = down;
  const first = at.open();
  await first.recordUsage(usageOf('a'));
  await first.close({ timeoutMs: 0 });
  appendFileSync(join(at.directory, at.segments()[0] as string), '{"id":"torn","cust');
  at.endpoint.fault = noFault;
  await at.open().flush();
  expect(at.ids()).toEqual(['a']);
  expect([...new Set(at.errors.map(({ code }) => code))]).toContain('spool_torn');
});

test('a last line that lacks only its end is usage like any other', async () => {
  writeFileSync(join(at.directory, '000000000007.ndjson'), JSON.stringify(usageOf('whole')));
  await at.open().flush();
  expect(at.ids()).toEqual(['whole']);
});

test('a second client of a directory is refused, with the pid of the first', () => {
  at.open();
  expect(() => at.open()).toThrow(
    expect.objectContaining({
      code: 'spool_in_use',
      message: expect.stringContaining(String(process.pid)),
    }),
  );
});

test('the lock of a dead process is taken over', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  const lock = { token: 'old', pid, host: hostname(), startedAt: '1' };
  writeFileSync(join(at.directory, 'lock'), JSON.stringify(lock));
  const client = at.open();
  await client.recordUsage(usageOf('a'));
  await client.close();
  expect(at.ids()).toEqual(['a']);
  expect(existsSync(join(at.directory, 'lock'))).toBe(false);
});
