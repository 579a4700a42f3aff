/**
 * Meters the official `openai` client by standing where it calls `fetch`: every method, stream
 * reader, parser and tool runner of it is metered, and keeps its types, without being known here.
 */
import { meteredCopy } from './client-copy';
import type { OpenAICompatible } from './client-copy';
import type { MeterOptions } from './metered-fetch';

/**
 * A client like the one given, of its own type, whose calls are recorded. Usage is written to the
 * spool before the app sees the end of an answer. What goes wrong with that is told to `onError`
 * of the TollkeeperClient, and never to the app's call.
 */
export function meterOpenAI<Client extends OpenAICompatible>(
  client: Client,
  options: MeterOptions,
): Client {
  return meteredCopy(client, options);
}
