/**
 * Goal: the code of the README and of the guide does what they say, as it stands there.
 * Method: each block is a program of an app that has the built SDK, against stand-ins for OpenAI
 * and our API.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { appWithSdk, ROOT } from '../support/app-with-sdk';
import { startOpenAIServer } from '../support/openai-server';
import type { OpenAIServer } from '../support/openai-server';
import { startUsageEndpoint } from '../support/usage-endpoint';
import type { UsageEndpoint } from '../support/usage-endpoint';

let app: string;
let provider: OpenAIServer;
let endpoint: UsageEndpoint;

beforeAll(async () => {
  app = appWithSdk(['openai']);
  provider = await startOpenAIServer();
  endpoint = await startUsageEndpoint();
});

afterAll(async () => {
  await provider.close();
  await endpoint.close();
  rmSync(app, { recursive: true, force: true });
});

const blocksOf = (path: string) =>
  [...readFileSync(join(ROOT, path), 'utf8').matchAll(/```js\n(.*?)```/gs)].map(
    ([, code]) => code as string,
  );

async function run(code: string): Promise<string> {
  writeFileSync(join(app, 'app.mjs'), code);
  const program = spawn(process.execPath, ['app.mjs'], {
    cwd: app,
    env: {
      PATH: process.env.PATH,
      OPENAI_BASE_URL: provider.url,
      OPENAI_API_KEY: 'sk',
      TOLLKEEPER_URL: endpoint.url,
      TOLLKEEPER_KEY: 'tk',
    },
  });
  let output = '';
  for (const stream of [program.stdout, program.stderr])
    stream.on('data', (data: Buffer) => (output += data.toString()));
  const [status] = (await once(program, 'close')) as [number];
  if (status !== 0) throw new Error(output);
  return output.trim();
}

const customersOfLedger = () => endpoint.ledger.splice(0).map(({ customer }) => customer);

test('the lines of the README meter a client', async () => {
  const [lines] = blocksOf('README.md');
  const call = `await openai.chat.completions.create({ model: 'm', messages: [] });
    await tollkeeper.close();`;
  await run(`${lines}${call}`);
  expect(customersOfLedger()).toEqual(['ada-lovelace']);
});

describe('of the guide', () => {
  const [openai = '', other = '', throttle = ''] = blocksOf('docs/guides/integrate-an-app.md');

  test('calls of OpenAI are recorded, and answered', async () => {
    expect(await run(openai)).toBe('word0 word1 word2 word3 word4 word5');
    expect(customersOfLedger()).toEqual(['ada-lovelace']);
  });

  test('other calls are recorded', async () => {
    await run(other);
    expect(customersOfLedger()).toEqual(['ada-lovelace']);
  });

  test('the throttle tells the access', async () => {
    expect(await run(throttle)).toBe('ok');
  });
});
