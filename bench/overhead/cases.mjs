/**
 * What apps do by each wrapper and without it: a plain call and a stream, with the client's own
 * `fetch` answered in this process. `load` imports the clients.
 */
const PAYER = { customer: 'bench' };
const KEY = { apiKey: 'bench' };
const TEXT = 'What does it cost? '.repeat(50);
const CHAT = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: TEXT }] };
const MESSAGE = { ...CHAT, model: 'claude-haiku-4-5', max_tokens: 100 };
const CONTENT = { model: 'gemini-2.5-flash', contents: TEXT };

async function read(asked) {
  for await (const event of await asked) void event;
}

const compared = (plain, metered, callsOf) => ({
  plain: callsOf(plain),
  metered: callsOf(metered),
});

const chat = (client) => ({
  once: () => client.chat.completions.create(CHAT),
  stream: () => read(client.chat.completions.create({ ...CHAT, stream: true })),
});

const responses = (client) => ({
  once: () => client.responses.create({ model: CHAT.model, input: TEXT }),
  stream: () => read(client.responses.create({ model: CHAT.model, input: TEXT, stream: true })),
});

const messages = (client) => ({
  once: () => client.messages.create(MESSAGE),
  stream: () => read(client.messages.create({ ...MESSAGE, stream: true })),
});

const content = ({ models }) => ({
  once: () => models.generateContent(CONTENT),
  stream: () => read(models.generateContentStream(CONTENT)),
});

async function openai({ load, fetch }) {
  const { default: OpenAI } = await load('openai');
  return new OpenAI({ ...KEY, fetch, logLevel: 'off' });
}

const byOpenAI = (callsOf) => async (stage) => {
  const plain = await openai(stage);
  return compared(plain, stage.sdk.meterOpenAI(plain, { ...stage.to, ...PAYER }), callsOf);
};

async function byAnthropic({ load, fetch, sdk, to }) {
  const { default: Anthropic } = await load('@anthropic-ai/sdk');
  const plain = new Anthropic({ ...KEY, fetch, logLevel: 'off' });
  return compared(plain, sdk.meterAnthropic(plain, { ...to, ...PAYER }), messages);
}

async function byGemini({ load, fetch, sdk, to }) {
  const { GoogleGenAI } = await load('@google/genai');
  const plain = new GoogleGenAI({ ...KEY, httpOptions: { fetch, baseUrl: 'http://provider' } });
  return compared(plain, sdk.meterGemini(plain, { ...to, ...PAYER }), content);
}

/** A client by any `fetch`: the plain one, or the one that is metered. */
async function byFetch({ load, fetch, sdk, to }) {
  const metered = sdk.meteredFetch(fetch, { ...to, ...PAYER });
  return compared(await openai({ load, fetch }), await openai({ load, fetch: metered }), chat);
}

async function byOpenRouter({ load, fetch, sdk, to }) {
  const { OpenRouter, HTTPClient } = await load('@openrouter/sdk');
  const made = (fetcher) => new OpenRouter({ ...KEY, httpClient: new HTTPClient({ fetcher }) });
  const send = (client, more) => client.chat.send({ chatRequest: { ...CHAT, ...more } });
  const metered = sdk.meteredFetch(fetch, { ...to, ...PAYER });
  return compared(made(fetch), made(metered), (client) => ({
    once: () => send(client),
    stream: () => read(send(client, { stream: true })),
  }));
}

async function byVercel({ load, fetch, sdk, to }) {
  const { generateText, streamText, wrapLanguageModel } = await load('ai');
  const { createOpenAI } = await load('@ai-sdk/openai');
  const plain = createOpenAI({ ...KEY, fetch }).chat(CHAT.model);
  const middleware = sdk.tollkeeperMiddleware({ ...to, ...PAYER });
  return compared(plain, wrapLanguageModel({ model: plain, middleware }), (model) => ({
    once: () => generateText({ model, prompt: TEXT }),
    stream: () => read(streamText({ model, prompt: TEXT }).textStream),
  }));
}

async function byLangChain({ load, fetch, sdk, to }) {
  const { ChatOpenAI } = await load('@langchain/openai');
  const made = (callbacks) =>
    new ChatOpenAI({ ...KEY, model: CHAT.model, configuration: { fetch }, callbacks });
  const handler = sdk.langchainHandler({ ...to, ...PAYER });
  return compared(made([]), made([handler]), (model) => ({
    once: () => model.invoke(TEXT),
    stream: () => read(model.stream(TEXT)),
  }));
}

/** By what adds to a call. */
export const CASES = {
  meterOpenAI: byOpenAI(chat),
  'meterOpenAI (responses)': byOpenAI(responses),
  meterAnthropic: byAnthropic,
  meterGemini: byGemini,
  meteredFetch: byFetch,
  'meteredFetch (OpenRouter)': byOpenRouter,
  tollkeeperMiddleware: byVercel,
  langchainHandler: byLangChain,
};
