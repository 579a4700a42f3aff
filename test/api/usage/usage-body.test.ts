/** A batch is checked in slices, each in a turn of its key. */
import type { IncomingMessage } from 'node:http';
import { readUsageBody } from '../../../src/api/usage/usage-body';

const request = { headers: {} } as IncomingMessage;
const batchOf = (events: number) =>
  Buffer.from(
    JSON.stringify({
      events: Array.from({ length: events }, (_, index) => ({
        ...{ id: String(index), customer: 'ada', model: 'm' },
        tokens: { input: index === 1 ? -1 : 1 },
      })),
    }),
  );

test.each([
  [100, 0],
  [101, 1],
  [1_000, 9],
])('%i usage events take %i more turns, and stay in their order', async (events, turns) => {
  let taken = 0;
  const { sent } = await readUsageBody(request, {
    bytes: async () => batchOf(events),
    nextTurn: async () => void (taken += 1),
    charge: () => undefined,
  });
  expect(taken).toBe(turns);
  expect(sent.map(({ id }) => id)).toEqual(Array.from({ length: events }, (_, at) => String(at)));
  expect(sent[1]?.event).toMatchObject({ code: 'invalid_usage_event' });
});
