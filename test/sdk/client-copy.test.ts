/** A metered client asks what the bare one would, whatever its class keeps to itself. */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import OpenAI, { AzureOpenAI } from 'openai';
import { copyWithFetch } from '../../src/sdk/client-copy';
import { ask } from '../support/openai/metered-openai';

const ANSWER = { id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'm', choices: [] };

let http: Server;
let url: string;
let requests: string[];
let fetches: string[];

beforeEach(async () => {
  requests = [];
  fetches = [];
  http = createServer((request, response) => {
    const { authorization, 'api-key': key, 'x-app': app } = request.headers;
    requests.push([request.url, authorization ?? key, app].join(' '));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(ANSWER));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});

afterEach(async () => {
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
});

const counted: typeof fetch = (input, init) => {
  fetches.push(String(input));
  return fetch(input, init);
};

async function asksAlike(client: OpenAI): Promise<OpenAI> {
  const copy = copyWithFetch(client, counted);
  await client.chat.completions.create(ask('hello'));
  await copy.chat.completions.create(ask('hello'));
  expect(requests[1]).toBe(requests[0]);
  expect(fetches).toHaveLength(1);
  expect(copy).toBeInstanceOf(client.constructor);
  return copy;
}

const azure = { apiVersion: '2024-10-21', deployment: 'team-gpt4o', maxRetries: 0 };
const headers = { 'x-app': 'mine' };

test('Azure’s client asks its own deployment, in its own version', async () => {
  await asksAlike(new AzureOpenAI({ ...azure, apiKey: 'k', endpoint: url }));
  expect(requests[0]).toContain(
    '/openai/deployments/team-gpt4o/chat/completions?api-version=2024-10-21 k',
  );
});

test('Azure’s client goes by the model where it has no deployment, and keeps its headers', async () => {
  const { apiVersion } = azure;
  const client = { apiKey: 'k', endpoint: url, apiVersion, defaultHeaders: headers };
  await asksAlike(new AzureOpenAI(client));
  expect(requests[0]).toContain('/openai/deployments/gpt-4o-mini/chat/completions');
  expect(requests[0]).toContain('mine');
});

test('Azure’s client asks for its tokens as before', async () => {
  const azureADTokenProvider = async () => 'of-entra';
  await asksAlike(new AzureOpenAI({ ...azure, azureADTokenProvider, endpoint: url }));
  expect(requests[0]).toContain('Bearer of-entra');
});

test('a class of the app’s own keeps what it was given later', async () => {
  class Ours extends OpenAI {
    tenant = 'none';
  }
  const client = new Ours({ apiKey: 'k', baseURL: url, defaultHeaders: headers });
  client.tenant = 'acme';
  expect(await asksAlike(client)).toMatchObject({ tenant: 'acme' });
});

test('a client of version 4, which can’t copy itself, is made anew with its options', async () => {
  class Older extends OpenAI {
    override withOptions = undefined as never;
  }
  const client = new Older({ apiKey: 'k', baseURL: url, defaultHeaders: headers, maxRetries: 0 });
  await asksAlike(client);
});

test('a client that can’t be copied is told of, with what to do', () => {
  class Strict extends OpenAI {
    constructor(options: { apiKey: string }) {
      if (Object.keys(options).length > 1) throw new Error('one option only');
      super(options);
    }
  }
  expect(() => copyWithFetch(new Strict({ apiKey: 'k' }), counted)).toThrow(/meteredFetch\(fetch/);
});
