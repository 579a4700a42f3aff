/**
 * Goal: what apps use of models through the real clients of providers is recorded right.
 * Method: the newest clients, those of one major before, and older ones that are in use, installed
 * from the registry by their lock files; each is metered in a process of its own, and asks a
 * stand-in that answers as the conformance set has it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLIENT_SETS, installClients } from '../support/clients/install';
import type { ClientSet } from '../support/clients/install';
import { ROOT } from '../support/sdk/app-with-sdk';

const INSTALL_MS = 600_000;
const CLIENTS = join(ROOT, 'test', 'support', 'clients');
const RUN = join(CLIENTS, 'run.mjs');

interface Played {
  readonly client: string;
  readonly name: string;
  /** The client has thrown where nothing fails. */
  readonly failure?: string;
  readonly actual: unknown;
  readonly expected: unknown;
}

const folders = new Map<ClientSet, string>();

beforeAll(async () => {
  for (const set of CLIENT_SETS) folders.set(set, await installClients(set));
}, INSTALL_MS);

async function play(set: ClientSet): Promise<Played[]> {
  const args = ['-r', 'tsx/cjs', RUN, set, folders.get(set) as string];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, errors] = [child.stdout, child.stderr].map((stream) => {
    const texts: string[] = [];
    stream.setEncoding('utf8').on('data', (text: string) => void texts.push(text));
    return texts;
  }) as [string[], string[]];
  const [status] = (await once(child, 'close')) as [number | null];
  if (status !== 0) throw new Error(`${set} ended with ${status}:\n${errors.join('')}`);
  return JSON.parse(output.join('')) as Played[];
}

const MEANT: Readonly<Record<ClientSet, readonly string[]>> = {
  newest: [
    ...['openai', 'messages', 'beta messages', 'message streams', 'content', 'chats', 'AI SDK'],
    ...['AI SDK embeddings', 'LangChain', 'LangChain by name', 'OpenRouter'],
    ...['models at Amazon', 'models at Google'],
  ],
  before: [
    ...['openai', 'messages', 'beta messages', 'message streams', 'content', 'chats', 'AI SDK'],
    ...['AI SDK embeddings', 'LangChain', 'LangChain by name'],
  ],
  older: ['openai', 'content', 'chats', 'AI SDK', 'openai 4'],
};

test.each(CLIENT_SETS)(
  'by the clients that are %s, usage is what the provider says',
  async (set) => {
    const played = await play(set);
    expect([...new Set(played.map(({ client }) => client))]).toEqual(MEANT[set]);
    expect(played.map(({ actual, ...about }) => ({ ...about, expected: actual }))).toEqual(
      played.map(({ failure: _, actual: __, ...about }) => about),
    );
  },
  120_000,
);

/** Version by name. A client of Python's that has one major only goes by its minors. */
function pinned(set: 'newest' | 'before'): Map<string, string> {
  const read = (file: string) => readFileSync(join(CLIENTS, set, file), 'utf8');
  const ofNode = JSON.parse(read('package.json')) as { dependencies: Record<string, string> };
  const ofPython = read('constraints.txt').matchAll(/^(?<name>[\w-]+)==(?<version>.+)$/gm);
  return new Map([
    ...Object.entries(ofNode.dependencies),
    ...[...ofPython].map(({ groups }): [string, string] => {
      const { name = '', version = '' } = groups ?? {};
      return [`PyPI ${name}`, name === 'litellm' ? version.replace(/^1\./, '') : version];
    }),
  ]);
}

test.each([
  ...['openai', '@anthropic-ai/sdk', '@google/genai', 'ai', '@ai-sdk/openai', 'langchain'],
  ...['@langchain/core', 'PyPI openai', 'PyPI anthropic', 'PyPI google-genai', 'PyPI litellm'],
])('of %s, one major before is played beside the newest', (name) => {
  const [newest, before] = (['newest', 'before'] as const).map((set) =>
    Number(pinned(set).get(name)?.split('.')[0]),
  );
  expect(before).toBe((newest as number) - 1);
});
