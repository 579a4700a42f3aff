/** What runs the blocks for Node, of the README and the guides: an app that has the SDK. */
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installClients } from '../clients/install';
import { answerFiles } from '../providers/answer-cases';
import type { AnswerCase, AnswerFile } from '../providers/answer-cases';
import { startAnswerServer } from '../providers/answer-server';
import type { PythonApp } from './python-guide';

export interface NodeApp extends PythonApp {
  usedTokens(): Promise<number>;
}

const GUIDE = 'docs/guides/integrate-an-app.md';
/** What the stand-in for OpenAI says. */
const ANSWER = 'word0 word1 word2 word3 word4 word5';
const CALL = `await openai.chat.completions.create({ model: 'm', messages: [] });`;

/** The clients and frameworks that the blocks import, but for OpenAI's, which is the clone's. */
export async function linkClients(clone: string, app: string): Promise<void> {
  const clients = join(await installClients('newest'), 'node_modules');
  for (const name of ['@ai-sdk', '@anthropic-ai', '@google', '@langchain', '@openrouter', 'ai'])
    symlinkSync(join(clients, name), join(app, 'node_modules', name));
  symlinkSync(join(clone, 'node_modules', 'openai'), join(app, 'node_modules', 'openai'));
}

/** As a program of the app; it is told what it printed. */
export async function runNode(
  { newcomer, folder, openaiUrl, anthropicUrl }: PythonApp,
  code: string,
  key = 'sk',
  others: Readonly<Record<string, string>> = {},
): Promise<string> {
  writeFileSync(join(folder, 'app.mjs'), code);
  const variables = {
    ...{ OPENAI_BASE_URL: openaiUrl, OPENAI_API_KEY: key, OPENROUTER_API_KEY: key },
    ...{ ANTHROPIC_BASE_URL: anthropicUrl, ANTHROPIC_API_KEY: 'sk', ...others },
  };
  return (await newcomer.run('node app.mjs', { folder, variables })).trim();
}

/** By a provider that speaks as Gemini does. */
async function runGemini(app: NodeApp, code: string): Promise<string> {
  const provider = await startAnswerServer();
  const { cases } = answerFiles().find(({ protocol }) => protocol === 'gemini') as AnswerFile;
  provider.play(cases.find(({ answer }) => answer !== undefined) as AnswerCase);
  const at = { GEMINI_API_KEY: 'sk', GOOGLE_GEMINI_BASE_URL: provider.url };
  return runNode(app, code, 'sk', at).finally(() => provider.close());
}

/** By the name of the block. `app` is known once the tests are prepared. */
export function nodeGuide(
  app: () => NodeApp,
): Readonly<Record<string, (code: string) => Promise<void>>> {
  const records = (code: string) => app().recordsUsage(() => runNode(app(), code));
  const says = (code: string) =>
    app().recordsUsage(async () => expect(await runNode(app(), code)).toBe(ANSWER));
  return {
    'README.md js 1': records,
    'docs/tutorial/first-month.md js 1': (code) =>
      records(`${code}${CALL}\nawait tollkeeper.close();`),
    [`${GUIDE} js 1`]: says,
    [`${GUIDE} js 2`]: records,
    [`${GUIDE} js 3`]: async (code) => {
      const before = await app().usedTokens();
      await runNode(app(), code);
      expect(await app().usedTokens()).toBe(before + 1_500);
    },
    [`${GUIDE} js 4`]: records,
    [`${GUIDE} js 5`]: (code) =>
      app().recordsUsage(async () => expect(await runGemini(app(), code)).toBe('Hi.')),
    // OpenRouter has no variable for where it is.
    [`${GUIDE} js 6`]: (code) =>
      says(code.replace('apiKey:', `serverURL: '${app().openaiUrl}', apiKey:`)),
    [`${GUIDE} js 7`]: says,
    [`${GUIDE} js 8`]: says,
    // 150,000 of 100,000 tokens were used by the README's second block.
    [`${GUIDE} js 9`]: async (code) => expect(await runNode(app(), code)).toBe('warned'),
  };
}
