/**
 * Goal: what a provider answers is recorded right by the proxy, which no app knows of.
 * Method: the real API before a stand-in that answers as each case has it, to the official client
 * of each protocol; each case is of a customer of its own.
 */
import { answerFiles, asExpected, expectedOf } from '../support/providers/answer-cases';
import type { AnswerCase, AnswerFile } from '../support/providers/answer-cases';
import { readByClient } from '../support/providers/answer-readers';
import { startAnswerServer } from '../support/providers/answer-server';
import type { AnswerServer } from '../support/providers/answer-server';
import { startProxiedOpenAI } from '../support/openai/proxied-openai';
import type { ProxiedOpenAI } from '../support/openai/proxied-openai';

let server: AnswerServer;
let at: ProxiedOpenAI;
/** So many events are in the ledger by now. */
let recorded = 0;

beforeAll(async () => {
  server = await startAnswerServer();
  const messages = { ANTHROPIC_UPSTREAM_URL: `${server.url}/v1`, ANTHROPIC_UPSTREAM_API_KEY: 'sk' };
  at = await startProxiedOpenAI({ upstreamUrl: server.url, config: messages });
});

afterAll(async () => {
  await at.end();
  await server.close();
});

interface Played {
  readonly answer: AnswerCase;
  readonly customer: string;
}

async function play(answer: AnswerCase, { file, protocol }: AnswerFile): Promise<Played> {
  const customer = `${file}: ${answer.name}`.slice(0, 200);
  await at.api.addCustomer(customer);
  const apiKey = await at.keyOf(customer);
  server.play(answer);
  const isFailing =
    answer.error !== undefined ||
    answer.breaksAfter !== undefined ||
    JSON.stringify(answer).includes('"error":');
  const client = protocol === 'anthropic' ? at.anthropic(apiKey) : at.client(apiKey);
  await readByClient(answer, client, server).catch((error: unknown) => {
    if (!isFailing) throw error;
  });
  server.leave();
  return { answer, customer };
}

/** The log tells of a call by the id that its response has. */
function isTold({ answer, chunks }: AnswerCase): boolean {
  const id = /"id":"([^"]+)"/.exec(JSON.stringify(answer ?? chunks ?? {}))?.[1];
  const lines = at.logged().split('\n');
  return lines.some((line) => line.includes('"code":"meter_failed"') && line.includes(`, ${id})`));
}

const spoken = answerFiles().filter(({ protocol }) => ['openai', 'anthropic'].includes(protocol));

test.each(spoken.map((file): [string, AnswerFile] => [file.provider, file]))(
  'answers of %s are in the ledger',
  async (_provider, file) => {
    const plays: Played[] = [];
    for (const answer of file.cases) plays.push(await play(answer, file));
    recorded += plays.filter(({ answer }) => answer.expected.tokens !== null).length;
    const ledger = await at.ledger(recorded);
    for (const { answer, customer } of plays) {
      const events = ledger.filter((event) => event.customer === customer);
      expect([answer.name, asExpected(answer, events, isTold(answer))]).toEqual([
        answer.name,
        expectedOf(answer),
      ]);
    }
  },
  180_000,
);

test('nothing else is in the ledger, and nothing was set aside', async () => {
  const [plain] = spoken.flatMap((file) => file.cases.map((each) => ({ each, file })));
  if (!plain) throw new Error('there is no case');
  await play({ ...plain.each, name: 'the last one' }, plain.file);
  expect(await at.ledger(recorded + 1)).toHaveLength(recorded + 1);
  expect(at.logged()).not.toContain('usage_rejected');
});
