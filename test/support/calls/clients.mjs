/** How an app in Node asks each provider, by its real client, and what of a stream is a word. */
const QUIET = { maxRetries: 0, logLevel: 'off' };
const SCHEMA = { type: 'object', properties: {} };
const WEATHER = { name: 'weather', description: 'The weather of some city.' };

const question = (content) => [{ role: 'user', content }];

const openai = {
  open: async (load, { url: baseURL, apiKey }) => {
    const { default: OpenAI } = await load('openai');
    return new OpenAI({ ...QUIET, baseURL, apiKey });
  },
  meter: ({ meterOpenAI }, client, options) => meterOpenAI(client, options),
};

const chat = {
  ...openai,
  ask: (client, { model, isStream, kind }, text, signal) =>
    client.chat.completions.create(
      {
        ...{ model, messages: question(text), ...(isStream && { stream: true }) },
        ...(kind === 'tools' && {
          tools: [{ type: 'function', function: { ...WEATHER, parameters: SCHEMA } }],
        }),
      },
      { signal },
    ),
  isWord: ({ choices: [choice] }) => Boolean(choice?.delta.content),
};

const responses = {
  ...openai,
  ask: (client, { model, isStream, kind }, input, signal) =>
    client.responses.create(
      {
        ...{ model, input, ...(isStream && { stream: true }) },
        ...(kind === 'tools' && {
          tools: [{ type: 'function', ...WEATHER, parameters: SCHEMA, strict: false }],
        }),
      },
      { signal },
    ),
  isWord: ({ type }) => type === 'response.output_text.delta',
};

const messages = {
  open: async (load, { url: baseURL, apiKey }) => {
    const { default: Anthropic } = await load('@anthropic-ai/sdk');
    return new Anthropic({ ...QUIET, baseURL, apiKey });
  },
  meter: ({ meterAnthropic }, client, options) => meterAnthropic(client, options),
  ask: (client, { model, isStream, kind }, text, signal) =>
    client.messages.create(
      {
        ...{
          model,
          max_tokens: 4_096,
          messages: question(text),
          ...(isStream && { stream: true }),
        },
        ...(kind === 'tools' && { tools: [{ ...WEATHER, input_schema: SCHEMA }] }),
      },
      { signal },
    ),
  isWord: ({ type }) => type === 'content_block_delta',
};

const gemini = {
  open: async (load, { url: baseUrl, apiKey }) => {
    const { GoogleGenAI } = await load('@google/genai');
    return new GoogleGenAI({ apiKey, httpOptions: { baseUrl } });
  },
  meter: ({ meterGemini }, client, options) => meterGemini(client, options),
  ask: ({ models }, { model, isStream, kind }, contents, abortSignal) => {
    const tools = [{ functionDeclarations: [{ ...WEATHER, parametersJsonSchema: SCHEMA }] }];
    const config = { abortSignal, ...(kind === 'tools' && { tools }) };
    const request = { model, contents, config };
    return isStream ? models.generateContentStream(request) : models.generateContent(request);
  },
  isWord: ({ candidates: [candidate] }) => Boolean(candidate.content.parts[0].text),
};

export const CLIENTS = { chat, compatible: chat, responses, messages, gemini };
