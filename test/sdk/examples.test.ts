/**
 * Goal: the apps of examples/ record what their customers use, as their READMEs have them run.
 * Method: each is run with the packages that it pins, this checkout's SDK, and stand-ins of the
 * providers; what it records is in the ledger of the real API.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createApiKey } from '../../src/db/api-keys';
import { startTestApi } from '../support/api/api';
import type { TestApi } from '../support/api/api';
import {
  copyExample,
  findExamplesPython,
  installForNode,
  startExample,
} from '../support/examples/example-app';
import type { ExampleApp } from '../support/examples/example-app';
import { startOpenAIServer } from '../support/openai/openai-server';
import type { OpenAIServer } from '../support/openai/openai-server';
import { answerFiles } from '../support/providers/answer-cases';
import type { AnswerCase } from '../support/providers/answer-cases';
import { startAnswerServer } from '../support/providers/answer-server';
import type { AnswerServer } from '../support/providers/answer-server';
import { eventually } from '../support/stack/eventually';

const LIMIT_MS = 900_000;
/** What the command `litellm` runs: an environment that was moved has no commands. */
const LITELLM = 'from litellm import run_server; run_server()';
/** The stand-in for OpenAI has cached and reasoning tokens of it. */
const QUESTION = 'Hello, cached and thinking';
const STREAM = 'a stream tells the input first and the output last';
const OF_ANTHROPIC = { input: 100, output: 20, cacheRead: 500, cacheWrite: 200, reasoning: 0 };

let api: TestApi;
let openai: OpenAIServer;
let anthropic: AnswerServer;
let python: string;
let variables: Readonly<Record<string, string>>;

beforeAll(async () => {
  python = await findExamplesPython();
  api = await startTestApi();
  openai = await startOpenAIServer();
  anthropic = await startAnswerServer();
  const { key } = await createApiKey(api.pool, { name: 'app', scopes: ['ingest', 'read'] });
  variables = {
    ...{ TOLLKEEPER_URL: api.url, TOLLKEEPER_KEY: key, NEXT_TELEMETRY_DISABLED: '1' },
    ...{ OPENAI_BASE_URL: openai.url, OPENAI_API_KEY: 'sk', LITELLM_LOCAL_MODEL_COST_MAP: 'True' },
    ...{ ANTHROPIC_BASE_URL: anthropic.url, ANTHROPIC_API_KEY: 'sk', PYTHONUNBUFFERED: '1' },
  };
}, LIMIT_MS);

afterAll(async () => {
  await api.close();
  await openai.close();
  await anthropic.close();
});

async function withExample(
  start: () => Promise<ExampleApp>,
  use: (app: ExampleApp) => Promise<void>,
): Promise<void> {
  const app = await start();
  await use(app).finally(() => app.stop());
}

async function post(url: string, body: unknown, headers = {}): Promise<string> {
  const answer = await fetch(url, {
    ...{ method: 'POST', body: JSON.stringify(body) },
    headers: { 'content-type': 'application/json', ...headers },
  });
  const text = await answer.text();
  expect({ status: answer.status, text }).toMatchObject({ status: 200 });
  return text;
}

/** Once there are so many; whoever pays has one example only. */
async function recordedFor(customer: string, count = 1): Promise<object[]> {
  const read = async () =>
    (
      await api.pool.query<object>(
        `select model, input::int, output::int, cache_read::int as "cacheRead",
           cache_write::int as "cacheWrite", reasoning::int
         from usage_events where customer = $1 order by model`,
        [customer],
      )
    ).rows;
  return eventually(read, ({ length }) => length >= count, 60_000);
}

/** What the stand-in for OpenAI has billed since. */
function billedSince(calls: number): object[] {
  return [...openai.bill.values()].slice(calls).map((billed) => ({
    model: 'gpt-4o-mini',
    input: billed.prompt - billed.cached - billed.written,
    output: billed.completion - billed.thinking,
    ...{ cacheRead: billed.cached, cacheWrite: billed.written, reasoning: billed.thinking },
  }));
}

const streamOfAnthropic = () =>
  answerFiles()
    .find(({ file }) => file === 'anthropic.json')
    ?.cases.find(({ name }) => name === STREAM) as AnswerCase;

test(
  'a chat in Next.js, with the AI SDK',
  async () => {
    await api.addCustomer('next');
    const folder = await copyExample('nextjs-chat');
    await installForNode('nextjs-chat', folder);
    const next = join(folder, 'node_modules', 'next', 'dist', 'bin', 'next');
    const start = () =>
      startExample(process.execPath, (port) => [next, 'dev', '--port', port], {
        ...{ folder, variables, path: '/' },
      });
    const before = openai.bill.size;
    await withExample(start, async ({ url }) => {
      expect(await (await fetch(url)).text()).toContain('aria-label="Message"');
      const message = { id: '1', role: 'user', parts: [{ type: 'text', text: QUESTION }] };
      const asked = { messages: [message] };
      const told = await post(`${url}/api/chat`, asked, { 'x-account': 'next' });
      expect(told).toContain('"finishReason":"stop"');
      expect(await recordedFor('next')).toEqual(billedSince(before));
    });
  },
  LIMIT_MS,
);

test(
  'a chat in FastAPI, with Anthropic',
  async () => {
    await api.addCustomer('fastapi');
    const folder = await copyExample('fastapi-anthropic');
    const server = ['-m', 'uvicorn', 'app:app', '--port'];
    const start = () =>
      startExample(python, (port) => [...server, port], {
        ...{ folder, variables, path: '/docs' },
      });
    anthropic.play(streamOfAnthropic());
    await withExample(start, async ({ url }) => {
      await post(`${url}/chat`, { text: QUESTION }, { 'x-account': 'fastapi' });
      const model = 'claude-haiku-4-5';
      expect(await recordedFor('fastapi')).toEqual([{ model, ...OF_ANTHROPIC }]);
    });
  },
  LIMIT_MS,
);

test(
  'LiteLLM’s proxy, for two providers',
  async () => {
    await api.addCustomer('litellm');
    const folder = await copyExample('litellm-proxy');
    const server = ['-c', LITELLM, '--config', 'config.yaml', '--port'];
    const masterKey = `sk-${randomBytes(32).toString('hex')}`;
    const start = () =>
      startExample(python, (port) => [...server, port], {
        ...{ folder, path: '/health/liveliness' },
        variables: { ...variables, LITELLM_MASTER_KEY: masterKey },
      });
    anthropic.play(streamOfAnthropic());
    const before = openai.bill.size;
    await withExample(start, async ({ url }) => {
      const messages = [{ role: 'user', content: QUESTION }];
      for (const model of ['gpt-4o-mini', 'claude-haiku-4-5']) {
        const asked = { model, messages, user: 'litellm', stream: true };
        const headers = { authorization: `Bearer ${masterKey}` };
        const told = await post(`${url}/v1/chat/completions`, asked, headers);
        expect(told).toContain('data: [DONE]');
      }
      const model = 'claude-haiku-4-5';
      expect(await recordedFor('litellm', 2)).toEqual([
        { model, ...OF_ANTHROPIC },
        ...billedSince(before),
      ]);
    });
  },
  LIMIT_MS,
);
