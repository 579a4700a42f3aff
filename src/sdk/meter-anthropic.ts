/**
 * Meters the official client of Anthropic, and those of its models at Amazon and Google, by
 * standing where it calls `fetch`: messages, beta messages, stream helpers and tool runners alike.
 */
import { meteredCopy } from './client-copy';
import type { AnthropicCompatible } from './client-copy';
import type { MeterOptions } from './metered-fetch';

/**
 * A client like the one given, of its own type, whose messages are recorded, as `meterOpenAI` does
 * it. A batch is not: `onError` is told of each.
 */
export function meterAnthropic<Client extends AnthropicCompatible>(
  client: Client,
  options: MeterOptions,
): Client {
  return meteredCopy(client, options);
}
