/** The API's port: that it closes when it is told to, whoever is connected. */
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { startTestApi } from '../support/api/api';

test('a connection on which nothing was asked yet does not hold up the end', async () => {
  const api = await startTestApi();
  const { hostname, port } = new URL(api.url);
  const socket = connect(Number(port), hostname);
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  // The server has it once it has answered a request that came after it.
  await fetch(`${api.url}/healthz`);
  await api.close();
  await closed;
});

test('a request that is under way is answered before the end', async () => {
  const api = await startTestApi();
  await api.addCustomer('ada');
  const headers = {
    authorization: `Bearer ${api.keys.ingest}`,
    'content-type': 'application/json',
  };
  const outgoing = request(`${api.url}/v1/usage`, { method: 'POST', headers });
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>;
  const body = JSON.stringify({ id: 'e1', customer: 'ada', model: 'm', tokens: { input: 1 } });
  outgoing.write(body.slice(0, 10));
  await fetch(`${api.url}/healthz`);
  const stopped = api.stop();
  outgoing.end(body.slice(10));
  const [answer] = await answered;
  expect(answer.statusCode).toBe(202);
  answer.resume();
  await stopped;
  await api.close();
});
