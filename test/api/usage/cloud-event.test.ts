/** What CloudEvents are counted as, and which are refused. */
import { parseCloudEvent } from '../../../src/api/usage/cloud-event';
import { DomainError } from '../../../src/core/errors';

const anEvent = (change: Record<string, unknown> = {}) => ({
  ...{ specversion: '1.0', type: 'prompt', id: 'one', source: 'my-app', subject: 'ada' },
  data: { model: 'gpt-4o-mini', tokens: 12, type: 'input' },
  ...change,
});

function refusal(change: Record<string, unknown>): string {
  try {
    parseCloudEvent(anEvent(change));
  } catch (error) {
    if (error instanceof DomainError && error.code === 'invalid_usage_event') return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

test('its subject is the customer; source and id are its id', () => {
  const time = '2026-01-01T12:00:00.123456+02:00';
  expect(
    parseCloudEvent(
      anEvent({ time, data: { model: 'm', tokens: 1, type: 'output', vendor: 'acme', user: 'u' } }),
    ),
  ).toEqual({
    ...{ id: 'my-app one', customer: 'ada', model: 'm', tokens: { output: 1 } },
    ...{ occurredAt: time, vendor: 'acme', metadata: { user: 'u' }, mayBeRestamped: true },
  });
});

test.each([
  [{ tokens: 12, type: 'input' }, { input: 12 }],
  [{ tokens: '12', type: 'output' }, { output: 12 }],
  [{ tokens: 12, type: 'cacheRead' }, { cacheRead: 12 }],
  [{ tokens: { input: 3, reasoning: 4 } }, { input: 3, reasoning: 4 }],
  [
    { prompt_tokens: 5, completion_tokens: 7, total_tokens: 12 },
    { input: 5, output: 7 },
  ],
  [{ prompt_tokens: '5', completion_tokens: null, total_tokens: null }, { input: 5 }],
  [
    {
      ...{ prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 },
      prompt_tokens_details: { cached_tokens: 60, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 20 },
    },
    { input: 40, cacheRead: 60, output: 30, reasoning: 20 },
  ],
  [
    { input_tokens: 9, output_tokens: 4, input_tokens_details: { cached_tokens: 9 } },
    { input: 0, cacheRead: 9, output: 4 },
  ],
  [
    { input_tokens: 5, output_tokens: 1, cache_read_input_tokens: 7 },
    { input: 5, cacheRead: 7, output: 1 },
  ],
  [
    { ...{ prompt_tokens: 20, completion_tokens: 198 }, total_tokens: 623 },
    { input: 20, output: 198, reasoning: 405 },
  ],
  [{ model: 'voyage-3', total_tokens: 77 }, { input: 77 }],
])('data %j is counted as %j', (data, pools) => {
  expect(parseCloudEvent(anEvent({ data: { model: 'm', ...data } })).tokens).toEqual(pools);
});

test.each([
  [
    { prompt_tokens: 5, completion_tokens: 7, total_tokens: 11 },
    'total_tokens is 11, but prompt_tokens is 5 and completion_tokens is 7',
  ],
  [{ prompt_tokens: 5, completion_tokens: 20.5 }, 'completion_tokens is 20.5, which is no whole'],
  [
    { prompt_tokens: 5, prompt_tokens_details: { cached_tokens: 6 } },
    'prompt_tokens is 5, but prompt_tokens_details.cached_tokens is 6',
  ],
  [{ total_tokens: 12 }, 'prompt_tokens and completion_tokens are missing'],
  [{ tokens: 12 }, 'type is missing'],
  [{ tokens: 12, type: 'thought' }, 'type is "thought"'],
  [{ tokens: '1.5', type: 'input' }, 'tokens is "1.5": expected whole tokens'],
  [{ cost: 1 }, 'tokens is missing'],
  [{ tokens: 12, type: 'input', prompt_tokens: 12 }, 'count them twice'],
  [
    { prompt_tokens: 50, completion_tokens: 1, cache_read_input_tokens: 7 },
    'cache_read_input_tokens is 7, which may be within prompt_tokens or beside it',
  ],
])('data %j is refused, with what is wrong', (data, expected) => {
  expect(refusal({ data: { model: 'm', ...data } })).toContain(expected);
});

test.each([
  ['another version', { specversion: '0.3' }, /specversion is "0.3"/],
  ['no source', { source: undefined }, /source is missing/],
  ['no subject', { subject: undefined }, /subject is missing/],
  ['a time without a zone', { time: '2026-01-01T00:00:00' }, /time is "2026-01-01T00:00:00"/],
  ['other data than JSON', { datacontenttype: 'text/xml' }, /datacontenttype is "text\/xml"/],
  ['no data', { data: undefined }, /data is missing/],
])('a CloudEvent with %s is refused by name', (_what, change, message) => {
  expect(refusal(change)).toMatch(message);
});
