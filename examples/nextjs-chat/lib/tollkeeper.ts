/** One client for the whole process: in development Next.js loads modules anew with each change. */
import { TollkeeperClient } from 'tollkeeper/sdk';

const shared = globalThis as { tollkeeper?: TollkeeperClient };

/** It is made by the first request, and not by `next build`. */
export function tollkeeper(): TollkeeperClient {
  return (shared.tollkeeper ??= new TollkeeperClient({
    baseUrl: process.env.TOLLKEEPER_URL ?? '',
    apiKey: process.env.TOLLKEEPER_KEY ?? '',
    // Where functions keep no files, leave it out, and let `after` send before they end.
    spool: { directory: process.env.TOLLKEEPER_SPOOL ?? './usage-spool' },
    onError: (error) => console.error(error.code, error.message),
  }));
}
