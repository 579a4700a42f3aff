/**
 * `node -r tsx/cjs app.mjs TASK`: an app in a process of its own, as users write them. It makes
 * calls of models by the real clients, metered or through our proxy, and keeps a journal of what it
 * began, heard of and finished. `app.py` does the same in Python.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CLIENTS } from './clients.mjs';

// What is loaded by it is TypeScript, and CommonJS.
const require = createRequire(import.meta.url);
const sdk = require('../../../src/sdk/index.ts');

const task = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { load } = await import(pathToFileURL(join(task.clients, 'load.mjs')).href);
const note = (...words) => appendFileSync(task.journal, `${words.join(' ')}\n`);
const tollkeeper =
  task.tollkeeper &&
  new sdk.TollkeeperClient({
    ...{ baseUrl: task.tollkeeper.url, apiKey: task.tollkeeper.apiKey },
    spool: { directory: task.tollkeeper.directory },
    retryMs: { min: 20, max: 200 },
    onError: ({ code }) => note('error', code),
  });

const opened = new Map();

/** A proxied client has the key of its customer, a metered one says whose it is. */
async function clientOf({ provider, customer }) {
  const { open, meter } = CLIENTS[provider];
  const { url, apiKey = task.keys[customer] } = task.upstreams[provider];
  const client = await open(load, { url, apiKey });
  return tollkeeper ? meter(sdk, client, { tollkeeper, customer }) : client;
}

async function make(call) {
  const { ask, isWord } = CLIENTS[call.provider];
  if (!opened.has(call.customer)) opened.set(call.customer, clientOf(call));
  const client = await opened.get(call.customer);
  const text = `call ${call.number} of life ${task.life} by ${call.way},`;
  const leaving = new AbortController();
  note('began', call.number);
  const answer = await ask(client, call, text.padEnd(call.characters, 'x'), leaving.signal);
  if (call.isStream) await read(answer, call, isWord, leaving);
  note('finished', call.number);
}

async function read(events, { number, kind, words, isSignalled }, isWord, leaving) {
  let heardWords = 0;
  let isHeard = false;
  try {
    for await (const event of events) {
      if (!isHeard) note('heard', number);
      isHeard = true;
      heardWords += isWord(event) ? 1 : 0;
      if (kind !== 'aborted' || heardWords < words) continue;
      if (!isSignalled) return;
      leaving.abort();
    }
  } catch (error) {
    // Some clients tell an app what it has done itself.
    if (!leaving.signal.aborted) throw error;
  }
}

/** What a client says of a connection is said by its causes. */
const messageOf = (error) => (error ? `${error} ${messageOf(error.cause)}`.trimEnd() : '');

async function work() {
  for (let call = task.calls.shift(); call !== undefined; call = task.calls.shift())
    await make(call).catch((error) => note('failed', call.number, messageOf(error)));
}

await Promise.all(Array.from({ length: task.atOnce }, work));
await tollkeeper?.flush({ timeoutMs: 60_000 });
await tollkeeper?.close();
