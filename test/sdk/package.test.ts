/**
 * Goal: the SDK can be installed by itself, and imported as an ES module and as CommonJS, typed.
 * Method: it is built into a temporary app's node_modules, outside of this repository.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { appWithSdk, ROOT, runIn } from '../support/sdk/app-with-sdk';

let app: string;

beforeAll(() => {
  app = appWithSdk(['openai', '@types/node', 'undici-types']);
});

afterAll(() => rmSync(app, { recursive: true, force: true }));

const run = (args: readonly string[]) => runIn(app, args);

const write = (name: string, text: string) => writeFileSync(join(app, name), text);

test('it is imported and required, without another package, as one and the same', () => {
  write(
    'app.mjs',
    `import { createRequire } from 'node:module';
     import { TollkeeperClient, meterOpenAI } from 'tollkeeper/sdk';
     const required = createRequire(import.meta.url)('tollkeeper/sdk');
     const client = new required.TollkeeperClient({ baseUrl: 'http://127.0.0.1:9', apiKey: 'k' });
     console.log(client instanceof TollkeeperClient, meterOpenAI === required.meterOpenAI);
     await client.close();`,
  );
  expect(run(['app.mjs'])).toBe('true true');
});

test.each(['mts', 'cts'])(
  'its types are found from .%s, and the metered client keeps its own',
  (kind) => {
    write(
      `app.${kind}`,
      `import OpenAI from 'openai';
     import { meterOpenAI, TollkeeperClient } from 'tollkeeper/sdk';
     const tollkeeper = new TollkeeperClient({ baseUrl: 'http://x', apiKey: 'k' });
     const openai: OpenAI = meterOpenAI(new OpenAI(), { tollkeeper, customer: 'ada' });
     export const answer: Promise<string | null> = openai.chat.completions
       .create({ model: 'm', messages: [] })
       .then(({ choices }) => choices[0].message.content);
     // @ts-expect-error: tokens are numbers.
     void tollkeeper.recordUsage({ customer: 'ada', model: 'm', tokens: { input: '1' } });`,
    );
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const options = ['--strict', '--noEmit', '--target', 'es2022', '--types', 'node'];
    const resolution = [
      '--module',
      'nodenext',
      '--moduleResolution',
      'nodenext',
      '--esModuleInterop',
    ];
    // The declarations of others are not ours to check.
    run([tsc, ...options, ...resolution, '--skipLibCheck', `app.${kind}`]);
  },
);
