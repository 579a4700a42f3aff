/** Google's client is metered as it is; what can't be is told, with what to do. */
import { meterGemini } from '../../src/sdk';
import { startMeteredOpenAI } from '../support/openai/metered-openai';
import type { MeteredOpenAI } from '../support/openai/metered-openai';

let at: MeteredOpenAI;

beforeEach(async () => {
  at = await startMeteredOpenAI();
});

afterEach(() => at.end());

const usageMetadata = { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 };
const ANSWER = { responseId: 'gem-1', candidates: [], usageMetadata };
const HALF = { candidates: [{ content: { parts: [{ text: 'Twenty characters ok' }] } }] };

/** It has the inside of a version; `answer` is what the API says. */
function clientOf(answer: () => Response) {
  class ApiClient {
    apiCall(_url: string, _init: RequestInit, ..._rest: unknown[]): Promise<Response> {
      return Promise.resolve(answer());
    }
  }
  class Models {
    constructor(private readonly apiClient: ApiClient) {}
    ask(...rest: unknown[]): Promise<Response> {
      const url = 'http://127.0.0.1:9/v1beta/models/gemini-2.5-flash:streamGenerateContent';
      const body = JSON.stringify({ contents: [{ parts: [{ text: 'Four' }] }] });
      return this.apiClient.apiCall(url, { method: 'POST', body }, ...rest);
    }
  }
  class GoogleGenAI {
    readonly apiClient = new ApiClient();
    readonly models = new Models(this.apiClient);
  }
  return new GoogleGenAI();
}

const plain = () => clientOf(() => Response.json(ANSWER));
const streamed = () => {
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(Buffer.from(`data: ${JSON.stringify(HALF)}\n\n`)),
  });
  return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
};
const metering = (customer: string) => ({ tollkeeper: at.tollkeeper, customer });

test('two customers’ metered clients of one client are each their own', async () => {
  const client = plain();
  const [ada, bo] = ['ada', 'bo'].map((customer) => meterGemini(client, metering(customer)));
  for (const each of [ada, bo, client]) await (await each?.models.ask())?.text();
  expect((await at.ledger()).map(({ customer }) => customer)).toEqual(['ada', 'bo']);
});

test('a client that is metered again is recorded once, by the later word', async () => {
  const client = meterGemini(meterGemini(plain(), metering('ada')), metering('bo'));
  await (await client.models.ask()).text();
  expect((await at.ledger()).map(({ customer }) => customer)).toEqual(['bo']);
});

test('a stream whose lock the client lets go of, as it does with one that is left, has ended', async () => {
  const client = meterGemini(clientOf(streamed), metering('ada'));
  const reader = (await client.models.ask()).body?.getReader();
  await reader?.read();
  reader?.releaseLock();
  expect(await at.ledger()).toMatchObject([
    { tokens: { input: 1, output: 5 }, metadata: { estimated: 'true' } },
  ]);
});

test('an app’s signal beside the request ends the stream, and what had come is recorded', async () => {
  const leaving = new AbortController();
  const client = meterGemini(clientOf(streamed), metering('ada'));
  const reader = (await client.models.ask(undefined, 1_000, leaving.signal)).body?.getReader();
  await reader?.read();
  leaving.abort();
  expect(await at.ledger()).toMatchObject([{ metadata: { estimated: 'true' } }]);
});

test('a client whose inside is another is told of, with what to do', () => {
  expect(() => meterGemini({ models: {} }, metering('ada'))).toThrow(
    /no apiClient\.apiCall\).*httpOptions: \{ fetch: meteredFetch/,
  );
});
