/**
 * Apps that make the call of a case by a real client, metered, as an app in JavaScript would. Each
 * rejects as its client does where the call fails or breaks.
 */
const PAYER = { customer: 'ada' };
const QUIET = { apiKey: 'sk', maxRetries: 0, logLevel: 'off' };

/** An app that leaves a stream reads so many events of it. */
async function read(events, { leftAfter = Infinity }, { server }) {
  let seen = 0;
  for await (const event of events) if ((seen += event ? 1 : 0) >= leftAfter) break;
  server.leave();
}

/** The same, of the texts that events have: frameworks show nothing else. */
const textsOf = ({ chunks = [], ...answer }) => {
  const isText = ({ choices }) => Boolean(choices?.[0]?.delta?.content);
  const { length } = chunks.slice(0, answer.leftAfter).filter(isText);
  return { ...answer, leftAfter: answer.leftAfter === undefined ? Infinity : length };
};

export const openai =
  (name = 'openai') =>
  async (answer, { sdk, server, tollkeeper, load, readByClient }) => {
    const { default: OpenAI } = await load(name);
    const plain = new OpenAI({ ...QUIET, baseURL: server.url });
    await readByClient(answer, sdk.meterOpenAI(plain, { tollkeeper, ...PAYER }), server);
  };

/** `call` gives the client the chance to be called another way. */
export const anthropic =
  (call = ({ messages }, body) => messages.create(body)) =>
  async (answer, stage) => {
    const { sdk, server, tollkeeper, load } = stage;
    const { default: Anthropic } = await load('@anthropic-ai/sdk');
    const plain = new Anthropic({ ...QUIET, baseURL: server.url });
    const client = sdk.meterAnthropic(plain, { tollkeeper, ...PAYER });
    const asked = await call(client, answer.request.body);
    if (answer.chunks) await read(asked, answer, stage);
  };

export const betaMessages = ({ beta }, body) => beta.messages.create(body);

export const messageHelper = ({ messages }, { stream, ...body }) =>
  stream ? messages.stream(body) : messages.create(body);

/** Amazon's client of Anthropic's models, to which the stand-in speaks in Amazon's events. */
export async function bedrock(answer, stage) {
  const { sdk, server, tollkeeper, load } = stage;
  const { AnthropicBedrock } = await load('@anthropic-ai/bedrock-sdk');
  const fetch = (url, init) =>
    globalThis.fetch(url, init).then((response) => (answer.chunks ? asAmazon(response) : response));
  const plain = new AnthropicBedrock({
    ...{ maxRetries: 0, logLevel: 'off', baseURL: server.url, fetch },
    ...{ awsRegion: 'eu-central-1', awsAccessKey: 'made', awsSecretKey: 'up' },
  });
  const client = sdk.meterAnthropic(plain, { tollkeeper, ...PAYER });
  const asked = await client.messages.create(answer.request.body);
  if (answer.chunks) await read(asked, answer, stage);
}

/** Each server-sent event as a message of Amazon's. */
function asAmazon(response) {
  const messages = new TransformStream({
    transform: (chunk, controller) => {
      const events =
        Buffer.from(chunk)
          .toString()
          .match(/^data: .*$/gm) ?? [];
      for (const event of events) controller.enqueue(amazonMessage(event.slice('data: '.length)));
    },
  });
  const headers = { 'content-type': 'application/vnd.amazon.eventstream' };
  return new Response(response.body.pipeThrough(messages), { headers });
}

export function amazonMessage(event, type = 'event') {
  const header = (name, value) =>
    Buffer.concat([
      Buffer.from([name.length]),
      Buffer.from(`${name}\u0007\u0000${String.fromCharCode(value.length)}${value}`),
    ]);
  const headers = Buffer.concat([
    ...[header(':event-type', 'chunk'), header(':content-type', 'application/json')],
    header(':message-type', type),
  ]);
  const payload = Buffer.from(JSON.stringify({ bytes: Buffer.from(event).toString('base64') }));
  const message = Buffer.alloc(headers.length + payload.length + 16);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(headers.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  headers.copy(message, 12);
  payload.copy(message, 12 + headers.length);
  message.writeUInt32BE(crc32(message.subarray(0, -4)), message.length - 4);
  return message;
}

function crc32(bytes) {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}

/** Google's client of Anthropic's models. */
export async function vertex(answer, stage) {
  const { sdk, server, tollkeeper, load } = stage;
  const { AnthropicVertex } = await load('@anthropic-ai/vertex-sdk');
  const getRequestHeaders = async () => new Headers({ authorization: 'Bearer made-up' });
  const plain = new AnthropicVertex({
    ...{ maxRetries: 0, logLevel: 'off', baseURL: server.url },
    ...{ region: 'europe-west1', projectId: 'ours', authClient: { getRequestHeaders } },
  });
  const client = sdk.meterAnthropic(plain, { tollkeeper, ...PAYER });
  const asked = await client.messages.create(answer.request.body);
  if (answer.chunks) await read(asked, answer, stage);
}

export const gemini = (call) => async (answer, stage) => {
  const { sdk, server, tollkeeper, load } = stage;
  const { GoogleGenAI } = await load('@google/genai');
  const plain = new GoogleGenAI({ apiKey: 'sk', httpOptions: { baseUrl: server.url } });
  const client = sdk.meterGemini(plain, { tollkeeper, ...PAYER });
  const { path, body } = answer.request;
  const [, model] = /models\/([^/:]+)/.exec(path);
  const asked = await call(client, { model, ...body }, answer.chunks !== undefined);
  if (answer.chunks) await read(asked, answer, stage);
};

export const content = ({ models }, request, isStream) =>
  isStream ? models.generateContentStream(request) : models.generateContent(request);

export const chats = ({ chats: all }, { model, contents: [{ parts }] }, isStream) => {
  const chat = all.create({ model });
  return isStream
    ? chat.sendMessageStream({ message: parts })
    : chat.sendMessage({ message: parts });
};

async function vercelModel({ sdk, server, tollkeeper, load }) {
  const [ai, { createOpenAI }] = [await load('ai'), await load('@ai-sdk/openai')];
  const provider = createOpenAI({ apiKey: 'sk', baseURL: server.url });
  return { ai, provider, middleware: sdk.tollkeeperMiddleware({ tollkeeper, ...PAYER }) };
}

export async function vercel(answer, stage) {
  const { ai, provider, middleware } = await vercelModel(stage);
  const { model: name, messages, input, tools } = answer.request.body;
  const isResponse = answer.request.path.endsWith('/responses');
  const plain = isResponse ? provider.responses(name) : provider.chat(name);
  const model = ai.wrapLanguageModel({ model: plain, middleware });
  const inputSchema = ai.jsonSchema({ type: 'object' });
  const ask = {
    ...{ model, maxRetries: 0, ...(messages ? { messages } : { prompt: String(input) }) },
    ...(tools && { tools: { weather: { inputSchema } } }),
  };
  if (!answer.chunks) return void (await ai.generateText(ask));
  let failure;
  const { textStream } = ai.streamText({ ...ask, onError: ({ error }) => (failure = error) });
  await read(textStream, textsOf(answer), stage);
  if (failure) throw failure;
}

export async function vercelEmbeddings(answer, stage) {
  const { ai, provider, middleware } = await vercelModel(stage);
  const { model: name, input } = answer.request.body;
  const model = ai.wrapEmbeddingModel({ model: provider.textEmbeddingModel(name), middleware });
  await ai.embedMany({ model, values: [input].flat(), maxRetries: 0 });
}

/** `make` gives the model that is asked. */
export const langchain = (make) => async (answer, stage) => {
  const { sdk, server, tollkeeper, load } = stage;
  const { model, messages, tools } = answer.request.body;
  const plain = await make(load, {
    ...{ ...QUIET, model, configuration: { baseURL: server.url } },
    callbacks: [sdk.langchainHandler({ tollkeeper, ...PAYER })],
  });
  const chat = tools ? plain.bindTools(tools) : plain;
  if (!answer.chunks) return void (await chat.invoke(messages));
  const texts = await chat.stream(messages);
  await read(texts, answer, stage);
};

export async function chatOpenAI(load, options) {
  const { ChatOpenAI } = await load('@langchain/openai');
  return new ChatOpenAI(options);
}

/** The package `langchain` finds a model's class by its provider. */
export async function foundModel(load, { model, ...options }) {
  const { initChatModel } = await load('langchain/chat_models/universal');
  return initChatModel(model, { modelProvider: 'openai', ...options });
}

/** OpenRouter's own client takes a `fetch`, and calls it with a `Request`. */
export async function openrouter(answer, stage) {
  const { sdk, server, tollkeeper, load } = stage;
  const { OpenRouter, HTTPClient } = await load('@openrouter/sdk');
  const fetcher = sdk.meteredFetch(fetch, { tollkeeper, ...PAYER });
  const client = new OpenRouter({
    ...{ apiKey: 'sk', serverURL: server.url, retryConfig: { strategy: 'none' } },
    httpClient: new HTTPClient({ fetcher }),
  });
  const { model, messages, stream } = answer.request.body;
  const ask = async () => {
    const asked = await client.chat.send({ chatRequest: { model, messages, stream } });
    if (answer.chunks) await read(asked, answer, stage);
  };
  // Its schema wants more of an answer than a case has: what was used is known by then.
  await ask().catch((error) => {
    if (!/Validation|ZodError/.test(error.name)) throw error;
  });
}
