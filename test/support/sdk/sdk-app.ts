/**
 * An app in a process of its own, as users write them: makes calls of models through the metered
 * client, and keeps a journal of what it began and what it finished. Started by sdk-app-run.ts.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import OpenAI from 'openai';
import { meterOpenAI, TollkeeperClient } from '../../../src/sdk';

export interface AppTask {
  readonly openaiUrl: string;
  readonly tollkeeperUrl: string;
  readonly apiKey: string;
  readonly directory: string;
  readonly journal: string;
  /** Numbers of the calls still to make. */
  readonly calls: readonly number[];
}

export const CUSTOMERS = ['ada', 'bo', 'cy'];
export const KINDS = ['plain', 'plain', 'streaming', 'aborted', 'tools'] as const;
export const kindOf = (call: number) => KINDS[call % KINDS.length] as (typeof KINDS)[number];
export const customerOf = (call: number) => CUSTOMERS[call % CUSTOMERS.length] as string;
/** How many calls are under way at once. */
export const CALLS_AT_ONCE = 16;

export async function runApp(taskFile: string): Promise<void> {
  const task = JSON.parse(readFileSync(taskFile, 'utf8')) as AppTask;
  const tollkeeper = new TollkeeperClient({
    baseUrl: task.tollkeeperUrl,
    apiKey: task.apiKey,
    spool: { directory: task.directory },
    retryMs: { min: 20, max: 200 },
    onError: ({ code }) => appendFileSync(task.journal, `error ${code}\n`),
  });
  const plain = new OpenAI({ baseURL: task.openaiUrl, apiKey: 'sk', logLevel: 'off' });
  const waiting = [...task.calls];
  const work = async () => {
    for (let call = waiting.shift(); call !== undefined; call = waiting.shift()) {
      const openai = meterOpenAI(plain, { tollkeeper, customer: customerOf(call) });
      appendFileSync(task.journal, `began ${call}\n`);
      await makeCall(openai, call);
      appendFileSync(task.journal, `finished ${call}\n`);
    }
  };
  await Promise.all(Array.from({ length: CALLS_AT_ONCE }, work));
  await tollkeeper.flush({ timeoutMs: 30_000 });
  await tollkeeper.close();
}

async function makeCall(openai: OpenAI, call: number): Promise<void> {
  const ask = (text: string) => ({
    model: 'gpt-4o-mini',
    messages: [{ role: 'user' as const, content: `call ${call}, cached: ${text}` }],
  });
  switch (kindOf(call)) {
    case 'plain':
      await openai.chat.completions.create(ask('slowly, thinking'));
      return;
    case 'streaming': {
      const request = { ...ask('words 12'), stream: true } as const;
      for await (const chunk of await openai.chat.completions.create(request)) void chunk;
      return;
    }
    case 'aborted': {
      let seen = 0;
      const request = { ...ask('slowly words 60'), stream: true } as const;
      for await (const chunk of await openai.chat.completions.create(request))
        if ((seen += chunk.choices.length) === 4) break;
      return;
    }
    case 'tools':
      await openai.chat.completions
        .runTools({ ...ask('words 5'), tools: [WEATHER] })
        .finalContent();
  }
}

const WEATHER = {
  type: 'function' as const,
  function: {
    name: 'weather',
    description: 'The weather of a city',
    parameters: { type: 'object', properties: {} },
    parse: (text: string) => JSON.parse(text) as { city: string },
    function: () => 'rain',
  },
};
