/** How Bedrock answers `converse`: its streams are messages of Amazon's own form. */
import { crc32 } from 'node:zlib';
import type { Answer, Question } from './answer';

const TOOL_INPUT = ['{"city"', ':"Graz"}'];

export function bedrockAnswer({ words, counts, callsTool }: Question): Answer {
  const { prompt, cached, written, completion } = counts;
  const usage = {
    ...{ inputTokens: prompt - cached - written, outputTokens: completion },
    ...{ cacheReadInputTokens: cached, cacheWriteInputTokens: written },
    totalTokens: prompt + completion,
  };
  const tool = { toolUseId: 'tooluse_1', name: 'weather' };
  const content = callsTool
    ? { toolUse: { ...tool, input: { city: 'Graz' } } }
    : { text: words.join('') };
  const stopReason = callsTool ? 'tool_use' : 'end_turn';
  const block = { contentBlockIndex: 0 };
  const delta = (text: string) => (callsTool ? { toolUse: { input: text } } : { text });
  return {
    plain: {
      ...{ output: { message: { role: 'assistant', content: [content] } }, stopReason, usage },
      metrics: { latencyMs: 5 },
    },
    opening: [
      message('messageStart', { role: 'assistant' }),
      // A text begins with its first part.
      ...(callsTool ? [message('contentBlockStart', { ...block, start: { toolUse: tool } })] : []),
    ],
    words: (callsTool ? TOOL_INPUT : words).map((text) =>
      message('contentBlockDelta', { ...block, delta: delta(text) }),
    ),
    ending: [
      message('contentBlockStop', block),
      message('messageStop', { stopReason }),
      message('metadata', { usage, metrics: { latencyMs: 5 } }),
    ],
  };
}

/** Lengths and checksums stand around headers and payload. */
function message(name: string, event: object): Buffer {
  const headers = Buffer.concat([
    header(':event-type', name),
    header(':content-type', 'application/json'),
    header(':message-type', 'event'),
  ]);
  const payload = Buffer.from(JSON.stringify(event));
  const prelude = Buffer.concat([
    uint32(headers.length + payload.length + 16),
    uint32(headers.length),
  ]);
  const summed = Buffer.concat([prelude, uint32(crc32(prelude)), headers, payload]);
  return Buffer.concat([summed, uint32(crc32(summed))]);
}

const header = (name: string, value: string): Buffer =>
  Buffer.from([name.length, ...Buffer.from(name), 7, 0, value.length, ...Buffer.from(value)]);

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
