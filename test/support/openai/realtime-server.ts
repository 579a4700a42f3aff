/** A stand-in for OpenAI's Realtime API: it answers `response.create`, as the text in it says. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';

export interface RealtimeServer {
  readonly url: string;
  /** Each session as it was asked for. */
  readonly asked: IncomingMessage[];
  readonly sessions: WebSocket[];
  /** What came from clients. */
  readonly received: string[];
  close(): Promise<void>;
}

/** What each response has used, of which sound and cache are parts. */
export const SESSION_USAGE = {
  ...{ total_tokens: 250, input_tokens: 150, output_tokens: 100 },
  input_token_details: {
    ...{ text_tokens: 50, audio_tokens: 100, cached_tokens: 64 },
    cached_tokens_details: { text_tokens: 14, audio_tokens: 50 },
  },
  output_token_details: { text_tokens: 20, audio_tokens: 80 },
};

export async function startRealtimeServer(): Promise<RealtimeServer> {
  const http = createServer((request, response) => {
    request.resume();
    response.end('{}');
  });
  const sockets = new WebSocketServer({
    server: http,
    verifyClient: ({ req }, done) => {
      if (req.url?.includes('model=none')) done(false, 404, 'There is no such model');
      else done(true);
    },
  });
  const asked: IncomingMessage[] = [];
  const sessions: WebSocket[] = [];
  const received: string[] = [];
  let responses = 0;
  sockets.on('connection', (socket, request) => {
    asked.push(request);
    sessions.push(socket);
    const send = (event: object) => socket.send(JSON.stringify(event));
    send({ type: 'session.created', session: session() });
    socket.on('message', (data) => {
      const text = String(data);
      received.push(text);
      if (text.includes('"response.create"')) respond(send, `resp_${(responses += 1)}`, text);
      if (text.includes('"input_audio_buffer.commit"')) send(transcribed());
      // Voice detection: nobody has asked.
      if (text.includes('"input_audio_buffer.append"'))
        respond(send, `resp_${(responses += 1)}`, '');
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    ...{ asked, sessions, received },
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`,
    close: async () => {
      for (const socket of sessions) socket.terminate();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

const session = () => ({
  ...{ type: 'realtime', model: 'gpt-realtime' },
  audio: { input: { transcription: { model: 'gpt-4o-transcribe' } } },
});

const transcribed = () => ({
  ...{ type: 'conversation.item.input_audio_transcription.completed', item_id: 'item_1' },
  transcript: 'Hello',
  usage: {
    ...{ type: 'tokens', total_tokens: 22, input_tokens: 17, output_tokens: 5 },
    input_token_details: { text_tokens: 0, audio_tokens: 17 },
  },
});

function respond(send: (event: object) => void, id: string, asked: string): void {
  const response = { id, object: 'realtime.response', status: 'in_progress', usage: null };
  send({ type: 'response.created', response });
  const delta = 'eight characters'.slice(0, 8);
  for (let part = 0; part < 3; part += 1)
    send({ type: 'response.output_audio_transcript.delta', response_id: id, delta });
  send({ type: 'response.output_audio.delta', response_id: id, delta: 'A'.repeat(1_000) });
  if (asked.includes('endless')) return;
  const status = asked.includes('interrupted') ? 'cancelled' : 'completed';
  send({ type: 'response.done', response: { ...response, status, usage: SESSION_USAGE } });
}
