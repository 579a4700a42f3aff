/** What an app in TypeScript writes to meter each client, and what its types are then. */

const SDK = [
  ...['langchainHandler', 'meterAnthropic', 'meterGemini', 'meterOpenAI', 'meteredFetch'],
  ...['TollkeeperClient', 'tollkeeperMiddleware'],
];

const HEAD = `
import { ${SDK.join(', ')} } from 'tollkeeper/sdk';

type Yields<A> = <T>() => T extends A ? 1 : 2;
type Same<A, B> = Yields<A> extends Yields<B> ? true : false;
const same = <A, B>(_is: Same<A, B>): void => undefined;

const tollkeeper = new TollkeeperClient({ baseUrl: 'http://x', apiKey: 'k' });
const options = { tollkeeper, customer: 'ada' };
const fetcher = meteredFetch(fetch, options);
void [${SDK.join(', ')}, same];
`;

/** By package. What is said to be an error is one: each program is as strict as an app's. */
const WRAPPED: Readonly<Record<string, string>> = {
  openai: `
import OpenAI, { AzureOpenAI } from 'openai';
const openai = meterOpenAI(new OpenAI({ fetch: fetcher }), options);
same<typeof openai, OpenAI>(true);
const azure = meterOpenAI(new AzureOpenAI({ apiVersion: 'v' }), options);
same<typeof azure, AzureOpenAI>(true);
export const answer: Promise<string | null | undefined> = openai.chat.completions
  .create({ model: 'm', messages: [] })
  .then(({ choices }) => choices[0]?.message.content);
// @ts-expect-error: nobody pays.
meterOpenAI(new OpenAI(), { tollkeeper });
`,
  // What is made of global fetch is not of the type that its own has, metered or not.
  'openai-4': `
import OpenAI4, { AzureOpenAI as AzureOpenAI4 } from 'openai-4';
const openai4 = meterOpenAI(new OpenAI4(), options);
same<typeof openai4, OpenAI4>(true);
const azure4 = meterOpenAI(new AzureOpenAI4({ apiVersion: 'v' }), options);
same<typeof azure4, AzureOpenAI4>(true);
`,
  '@anthropic-ai/sdk': `
import Anthropic from '@anthropic-ai/sdk';
const anthropic = meterAnthropic(new Anthropic({ fetch: fetcher }), options);
same<typeof anthropic, Anthropic>(true);
// @ts-expect-error: it is no client.
meterAnthropic({ messages: {} }, options);
`,
  '@anthropic-ai/bedrock-sdk': `
import { AnthropicBedrock } from '@anthropic-ai/bedrock-sdk';
const bedrock = meterAnthropic(new AnthropicBedrock(), options);
same<typeof bedrock, AnthropicBedrock>(true);
`,
  '@anthropic-ai/vertex-sdk': `
import { AnthropicVertex } from '@anthropic-ai/vertex-sdk';
const vertex = meterAnthropic(new AnthropicVertex(), options);
same<typeof vertex, AnthropicVertex>(true);
`,
  '@google/genai': `
import { GoogleGenAI } from '@google/genai';
const gemini = meterGemini(new GoogleGenAI({ apiKey: 'k' }), options);
same<typeof gemini, GoogleGenAI>(true);
// @ts-expect-error: it is another's client.
meterOpenAI(new GoogleGenAI({}), options);
`,
  ai: `
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, wrapLanguageModel } from 'ai';
const provider = createOpenAI({ fetch: fetcher });
const middleware = tollkeeperMiddleware(options);
const model = wrapLanguageModel({ model: provider.chat('m'), middleware });
export const said: Promise<string> = generateText({ model, prompt: 'Hello' }).then(
  ({ text }) => text,
);
`,
  '@langchain/openai': `
import { ChatOpenAI } from '@langchain/openai';
const callbacks = [langchainHandler(options)];
export const chat: ChatOpenAI = new ChatOpenAI({ model: 'm', callbacks });
export const heard = chat.invoke('Hello', { callbacks });
`,
  langchain: `
import { initChatModel } from 'langchain/chat_models/universal';
export const found = initChatModel('m', { callbacks: [langchainHandler(options)] });
`,
  '@openrouter/sdk': `
import { HTTPClient, OpenRouter } from '@openrouter/sdk';
export const router: OpenRouter = new OpenRouter({ httpClient: new HTTPClient({ fetcher }) });
`,
};

/** An app that has these packages; those that only others need are not wrapped. */
export const programOf = (packages: readonly string[]): string =>
  [HEAD, ...packages.map((name) => WRAPPED[name] ?? '')].join('');
