/** The calls of a model that are timed: one plain, one streamed, by the official client. */
import type OpenAI from 'openai';

const ASKED = {
  model: 'gpt-4o-mini',
  messages: [{ role: 'user' as const, content: 'What does it cost? '.repeat(50) }],
};

export const askOnce = (openai: OpenAI) => openai.chat.completions.create(ASKED);

export async function askStream(openai: OpenAI): Promise<void> {
  const stream = await openai.chat.completions.create({ ...ASKED, stream: true });
  for await (const chunk of stream) void chunk;
}

export async function msOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
