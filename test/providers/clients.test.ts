/**
 * Goal: what a provider answers is recorded right, whatever reads it in an app.
 * Method: a stand-in answers over HTTP; the official client is metered, and a bare `fetch`.
 */
import OpenAI from 'openai';
import { meteredFetch, meterOpenAI, TollkeeperClient } from '../../src/sdk';
import type { UsageEvent } from '../../src/sdk';
import { answerCases, asExpected, expectedOf } from '../support/providers/answer-cases';
import type { AnswerCase } from '../support/providers/answer-cases';
import { readByClient, readByFetch } from '../support/providers/answer-readers';
import { startAnswerServer } from '../support/providers/answer-server';
import type { AnswerServer } from '../support/providers/answer-server';
import { startUsageEndpoint } from '../support/sdk/usage-endpoint';

let server: AnswerServer;
let endpoint: Awaited<ReturnType<typeof startUsageEndpoint>>;

beforeAll(async () => {
  server = await startAnswerServer();
  endpoint = await startUsageEndpoint();
});

afterAll(async () => {
  await endpoint.close();
  await server.close();
});

async function play(answer: AnswerCase, read: (tollkeeper: TollkeeperClient) => Promise<void>) {
  const before = endpoint.ledger.length;
  let isTold = false;
  const onError = ({ code }: { code: string }) => {
    isTold ||= code === 'meter_failed';
  };
  const api = { baseUrl: endpoint.url, apiKey: 'tk' };
  const tollkeeper = new TollkeeperClient({ ...api, gatherMs: 1, onError });
  server.play(answer);
  const failing = answer.error ?? answer.breaksAfter ?? /"error":/.test(JSON.stringify(answer));
  await read(tollkeeper).catch((error: unknown) => {
    if (failing === false) throw error;
  });
  server.leave();
  await tollkeeper.flush({ timeoutMs: 5_000 });
  await tollkeeper.close({ timeoutMs: 0 });
  const recorded = endpoint.ledger.slice(before) as unknown as UsageEvent[];
  expect(asExpected(answer, recorded, isTold)).toEqual(expectedOf(answer));
}

const cases = answerCases();

test.each(cases.filter(([, , protocol]) => protocol === 'openai'))(
  'by the official client: %s',
  (_name, answer) =>
    play(answer, (tollkeeper) => {
      const plain = new OpenAI({
        baseURL: server.url,
        apiKey: 'sk',
        maxRetries: 0,
        logLevel: 'off',
      });
      return readByClient(answer, meterOpenAI(plain, { tollkeeper, customer: 'ada' }), server);
    }),
);

test.each(cases.filter(([, , protocol]) => !['bedrock', 'ollama'].includes(protocol)))(
  'by a metered fetch: %s',
  (_name, answer) =>
    play(answer, (tollkeeper) => {
      const metered = meteredFetch(fetch, { tollkeeper, customer: 'ada' });
      return readByFetch(answer, metered, server.url + answer.request.path, server);
    }),
);
