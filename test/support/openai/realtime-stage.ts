/** The proxy before a provider of Realtime sessions, for one test file; anew for each test. */
import type { WebSocket } from 'ws';
import { startProxiedOpenAI } from './proxied-openai';
import type { ProxiedOpenAI, ProxyCase } from './proxied-openai';
import { openSession } from './realtime-client';
import { startRealtimeServer } from './realtime-server';
import type { RealtimeServer } from './realtime-server';

export interface RealtimeStage {
  readonly at: ProxiedOpenAI;
  readonly provider: RealtimeServer;
  start(change?: ProxyCase): Promise<void>;
  /** A session of this key, closed after the test. */
  open(key: string, query?: string): WebSocket;
}

export function useRealtime(): RealtimeStage {
  let at: ProxiedOpenAI;
  let provider: RealtimeServer;
  const opened: WebSocket[] = [];
  afterEach(async () => {
    for (const socket of opened.splice(0)) socket.terminate();
    await at.end();
    await provider.close();
  });
  return {
    get at() {
      return at;
    },
    get provider() {
      return provider;
    },
    start: async (change = {}) => {
      provider = await startRealtimeServer();
      at = await startProxiedOpenAI({ upstreamUrl: provider.url, ...change });
    },
    open: (key, query) => {
      const socket = openSession(at.api.url, key, query);
      opened.push(socket);
      return socket;
    },
  };
}
