/** What an answer used is known by the event that ends it, however the connection goes on. */
import { watchCall } from '../../src/sdk/call-usage';
import type { CallUsage } from '../../src/sdk/call-usage';
import { callOf } from '../../src/sdk/metered-call';
import type { Endpoint } from '../../src/sdk/metered-call';
import { usageFilter } from '../../src/sdk/usage-filter';

function filterOf(endpoint: Endpoint, contentType = 'text/event-stream', told = fail) {
  const settled: CallUsage[] = [];
  const call = callOf(endpoint, 'POST', { model: 'm' });
  const watch = watchCall(call, (usage) => void settled.push(usage), told);
  return { settled, filter: usageFilter(contentType, { watch, hidesUsage: true }) };
}

function fail(error: Error): never {
  throw error;
}

const event = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`;

const CHAT = { id: 'c', choices: [{ delta: { content: 'x' }, finish_reason: 'stop' }] };
const USAGE = { prompt_tokens: 3, completion_tokens: 2 };
const COUNTED = { input_tokens: 3, output_tokens: 2, total_tokens: 5 };

test.each<[string, Endpoint, string[]]>([
  ['a chunk of usage alone', 'chat', [event(CHAT), event({ id: 'c', choices: [], usage: USAGE })]],
  [
    '[DONE] after usage beside text',
    'chat',
    [event({ ...CHAT, usage: USAGE }), 'data: [DONE]\n\n'],
  ],
  [
    'the end of a response',
    'responses',
    [
      event({ type: 'response.created', response: { id: 'c', usage: null } }),
      event({ type: 'response.completed', response: { id: 'c', usage: COUNTED } }),
    ],
  ],
  [
    'the end of a transcription',
    'audio',
    [event({ type: 'transcript.text.done', text: 'x', usage: COUNTED })],
  ],
  ['the end of speech', 'audio', [event({ type: 'speech.audio.done', usage: COUNTED })]],
])('%s', (_what, endpoint, events) => {
  const { settled, filter } = filterOf(endpoint);
  for (const text of events.slice(0, -1)) filter.pass(Buffer.from(text));
  expect(settled).toEqual([]);
  filter.pass(Buffer.from(String(events.at(-1))));
  expect(settled).toMatchObject([{ tokens: { input: 3, output: 2 }, isEstimated: false }]);
  filter.end();
  filter.broken();
  expect(settled).toHaveLength(1);
});

test('events come out whole and unchanged, however they were cut', () => {
  const text = `: hi\r\n\r\n${event(CHAT)}data: {"text":"ünï 🙂"}\r\rdata: [DONE]\n\nrest`;
  for (const bytes of [1, 2, 3, 5, 1_000]) {
    const { filter } = filterOf('chat', undefined, () => undefined as never);
    const all = Buffer.from(text);
    const out: Uint8Array[] = [];
    for (let at = 0; at < all.length; at += bytes)
      out.push(filter.pass(all.subarray(at, at + bytes)));
    expect(Buffer.concat([...out, filter.end()]).toString()).toBe(text);
  }
});

test('sound is let through unread', () => {
  const { settled, filter } = filterOf('audio', 'audio/mpeg');
  const sound = Buffer.from([0xff, 0xfb, 0x00]);
  expect(filter.pass(sound)).toBe(sound);
  expect(filter.end()).toHaveLength(0);
  expect(settled).toEqual([]);
});
