/**
 * `node -r tsx/cjs run.mjs SET FOLDER`: plays cases by the clients that are installed in the
 * folder, and prints for each what was recorded beside what is right, as JSON.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PLAYS } from './plays.mjs';

// What is loaded by it is TypeScript, and CommonJS.
const require = createRequire(import.meta.url);
const sdk = require('../../../src/sdk/index.ts');
const { answerFiles, asExpected, expectedOf } = require('../providers/answer-cases.ts');
const { readByClient } = require('../providers/answer-readers.ts');
const { startAnswerServer } = require('../providers/answer-server.ts');
const { startUsageEndpoint } = require('../sdk/usage-endpoint.ts');

/** A client that waits for ever is a fault. */
const LIMIT_MS = 10_000;

const [, , set, folder] = process.argv;
const { load } = await import(pathToFileURL(join(folder, 'load.mjs')).href);
const server = await startAnswerServer();
const endpoint = await startUsageEndpoint();

async function play(app, answer) {
  const begin = endpoint.ledger.length;
  let isTold = false;
  const tollkeeper = new sdk.TollkeeperClient({
    ...{ baseUrl: endpoint.url, apiKey: 'tk', gatherMs: 1 },
    onError: ({ code }) => (isTold ||= code === 'meter_failed'),
  });
  server.play(answer);
  const isFailing =
    answer.error ?? answer.breaksAfter ?? /"error"|failed/.test(JSON.stringify(answer));
  let failure;
  const late = new Promise((_resolve, reject) => {
    setTimeout(() => reject(new Error('it hangs')), LIMIT_MS).unref();
  });
  const stage = { sdk, server, tollkeeper, load, readByClient };
  await Promise.race([app(answer, stage), late]).catch((error) => {
    if (isFailing === false || /it hangs/.test(String(error))) failure = String(error);
  });
  server.leave();
  await tollkeeper.close({ timeoutMs: 5_000 });
  const actual = asExpected(answer, endpoint.ledger.slice(begin), isTold);
  return { failure, actual, expected: expectedOf(answer) };
}

const played = [];
for (const [client, [app, protocol, isPlayed]] of Object.entries(PLAYS[set]))
  for (const file of answerFiles().filter((each) => each.protocol === protocol))
    for (const answer of file.cases.filter((each) => isPlayed(each, file.file)))
      played.push({ client, name: answer.name, ...(await play(app, answer)) });
process.stdout.write(JSON.stringify(played));
await endpoint.close();
await server.close();
