/** Goal: a spool that is full, in memory only, or given nonsense loses nothing silently. */
import type { TollkeeperError } from '../../src/sdk';
import { eventually } from '../support/stack/eventually';
import { down, startSpoolCase, usageOf } from '../support/sdk/spool-case';
import type { SpoolCase } from '../support/sdk/spool-case';
import { noFault } from '../support/sdk/usage-endpoint';

let at: SpoolCase;

beforeEach(async () => {
  at = await startSpoolCase();
});

afterEach(() => at.end());

describe('a full spool', () => {
  const filled = async (whenFull: 'block' | 'drop_oldest' | 'reject', inMemory: boolean) => {
    at.endpoint.fault = down;
    const limits = { maxBytes: 2_000, whenFull };
    const client = at.open({ spool: inMemory ? limits : { directory: at.directory, ...limits } });
    const settled: string[] = [];
    const recorded = Array.from({ length: 30 }, (_, index) =>
      client.recordUsage(usageOf(`e${index}`)).then(
        () => settled.push('recorded'),
        (error: TollkeeperError) => settled.push(error.code),
      ),
    );
    await eventually(
      () => settled,
      (outcomes) => outcomes.includes('recorded'),
    );
    return { client, settled, recorded };
  };

  test.each([false, true])('makes its callers wait, by `block` (in memory: %s)', async (memory) => {
    const { client, settled, recorded } = await filled('block', memory);
    expect(settled.length).toBeLessThan(30);
    at.endpoint.fault = noFault;
    await Promise.all(recorded);
    await client.flush();
    expect(at.ids()).toHaveLength(30);
  });

  test.each([false, true])('loses the oldest and tells which (in memory: %s)', async (memory) => {
    const { client, recorded } = await filled('drop_oldest', memory);
    await Promise.all(recorded);
    at.endpoint.fault = noFault;
    await client.flush();
    const lost = at.errors.flatMap(({ code, events }) => (code === 'spool_dropped' ? events : []));
    expect(lost.length).toBeGreaterThan(0);
    expect([...lost.map(({ id }) => id), ...at.ids()]).toEqual(
      Array.from({ length: 30 }, (_, index) => `e${index}`),
    );
  });

  test.each([false, true])('refuses what is new, by `reject` (in memory: %s)', async (memory) => {
    const { client, settled, recorded } = await filled('reject', memory);
    await Promise.all(recorded);
    at.endpoint.fault = noFault;
    await client.flush();
    expect(settled).toContain('spool_full');
    expect(at.ids()).toHaveLength(settled.filter((outcome) => outcome === 'recorded').length);
  });
});

test('usage in memory that was never acknowledged is told lost when the client is closed', async () => {
  at.endpoint.fault = down;
  const client = at.open({ spool: 'memory' });
  await client.recordUsage(usageOf('a'));
  await client.close({ timeoutMs: 20 });
  expect(at.errors.at(-1)).toMatchObject({ code: 'unsent_at_close', events: [{ id: 'a' }] });
});

test.each([
  ['no customer', { ...usageOf('a'), customer: '' }, 'customer'],
  ['no tokens', { ...usageOf('a'), tokens: {} }, 'tokens'],
  ['half a token', { ...usageOf('a'), tokens: { input: 0.5 } }, 'tokens.input is 0.5'],
])('usage with %s is refused at once', async (_fault, wrong, message) => {
  await expect(at.open().recordUsage(wrong)).rejects.toMatchObject({
    code: 'invalid_usage_event',
    message: expect.stringContaining(message),
  });
});
