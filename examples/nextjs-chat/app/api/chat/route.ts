/** The chat's answers, paid by who is logged in. */
import { openai } from '@ai-sdk/openai';
import type { UIMessage } from 'ai';
import { convertToModelMessages, streamText, wrapLanguageModel } from 'ai';
import { after } from 'next/server';
import { tollkeeperMiddleware } from 'tollkeeper/sdk';
import { customerOf } from '../../../lib/customer';
import { tollkeeper } from '../../../lib/tollkeeper';

export async function POST(request: Request): Promise<Response> {
  const { messages } = (await request.json()) as { messages: UIMessage[] };
  const middleware = tollkeeperMiddleware({
    tollkeeper: tollkeeper(),
    customer: customerOf(request),
  });
  const result = streamText({
    model: wrapLanguageModel({ model: openai('gpt-4o-mini'), middleware }),
    messages: await convertToModelMessages(messages),
    abortSignal: request.signal,
  });
  // A serverless function sleeps once it has answered: usage is sent before.
  after(() => tollkeeper().flush());
  return result.toUIMessageStreamResponse();
}
