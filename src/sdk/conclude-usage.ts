/** What is recorded of a call: what was told, and an estimate of what was not. */
import type { Failure } from './answer-events';
import type { MeteredCall } from './metered-call';
import { sumOf } from './read-usage';
import type { UsageReading } from './read-usage';
import { askedCharacters, estimatedTokens } from './stream-estimate';
import type { TokenCounts } from './usage-event';

export interface Evidence {
  readonly reading: UsageReading | undefined;
  /** So long is the text that arrived. */
  readonly characters: number;
  readonly failure: Failure | undefined;
  /** The answer came to its end, or what it used was told after its text. */
  readonly isWhole: boolean;
  /** Nobody will tell it later. */
  readonly isEstimable: boolean;
}

export interface Conclusion {
  /** undefined: nothing is recorded. */
  readonly tokens?: TokenCounts;
  readonly isEstimated: boolean;
  readonly details: Readonly<Record<string, number>>;
  /** The app is told of them. */
  readonly faults: readonly string[];
}

const NOTHING: Conclusion = { isEstimated: false, details: {}, faults: [] };

/** Sound and pictures have other prices, and answers without tokens. */
const isCountedByTokens = ({ endpoint }: MeteredCall): boolean =>
  endpoint !== 'audio' && endpoint !== 'images';

export function concludeUsage(call: MeteredCall, evidence: Evidence): Conclusion {
  const { reading, failure, isWhole, characters } = evidence;
  const isTold = reading !== undefined && sumOf(reading) > 0;
  if (isTold && isExact(call, reading, evidence)) return exact(reading);
  if (failure === 'for_good' || (failure && characters === 0)) return NOTHING;
  const faults = reading?.faults ?? [];
  if (!evidence.isEstimable) return { ...NOTHING, faults };
  if (!isCountedByTokens(call)) return isTold ? exact(reading) : heard(call, evidence);
  const tokens = estimate(call, reading, characters);
  const details = reading?.details ?? {};
  const untold = isWhole && !failure ? [untoldOf(reading)] : [];
  return { tokens, isEstimated: true, details, faults: [...faults, ...untold] };
}

/** Every pool was told, and of the whole answer. */
function isExact(
  { endpoint }: MeteredCall,
  { tokens, total }: UsageReading,
  { isWhole, failure }: Evidence,
): boolean {
  if (failure === 'for_good') return true;
  if (!isWhole) return false;
  if (endpoint === 'embeddings') return tokens?.input !== undefined || total !== undefined;
  return tokens?.input !== undefined && tokens.output !== undefined;
}

function exact({ tokens, total, unexplained = 0, details, faults }: UsageReading): Conclusion {
  const rest =
    `${unexplained} tokens are in the provider's total and in none of its parts: ` +
    'they are recorded as reasoning';
  return {
    // The total of an embedding is what was asked.
    tokens: tokens ?? { input: total },
    isEstimated: false,
    details: { ...details, ...(unexplained > 0 && { unexplained }) },
    faults: unexplained > 0 ? [...faults, rest] : faults,
  };
}

/** An answer by the second, or by the piece, tells no tokens; the text of one left counts. */
function heard(call: MeteredCall, { reading, characters, isWhole }: Evidence): Conclusion {
  const input = estimatedTokens(askedCharacters(call));
  const output = estimatedTokens(characters);
  if (isWhole || input + output === 0) return { ...NOTHING, faults: reading?.faults ?? [] };
  const tokens = { ...(input > 0 && { input }), ...(output > 0 && { output }) };
  return { ...NOTHING, tokens, isEstimated: true };
}

/** What was told is not made less, and what was not is one token for four characters. */
function estimate(
  call: MeteredCall,
  reading: UsageReading | undefined,
  characters: number,
): TokenCounts {
  const inputEstimate = estimatedTokens(askedCharacters(call));
  if (call.endpoint === 'embeddings') return { input: inputEstimate };
  const answered = estimatedTokens(characters);
  const { total, tokens = {} } = reading ?? {};
  if (total !== undefined) {
    const input = Math.min(inputEstimate, total);
    return { input, output: total - input };
  }
  const isZero = reading === undefined || sumOf(reading) === 0;
  const { reasoning = 0 } = tokens;
  const output = Math.max(tokens.output ?? 0, answered - reasoning);
  return { ...tokens, input: isZero ? inputEstimate : (tokens.input ?? inputEstimate), output };
}

function untoldOf(reading: UsageReading | undefined): string {
  const fault = reading === undefined ? 'it was answered without its usage' : partlyTold(reading);
  return `${fault}; what was not told is estimated`;
}

const partlyTold = ({ total, tokens }: UsageReading): string => {
  if (total !== undefined) return `it was answered with a total of ${total} alone`;
  const isZero = Object.values(tokens ?? {}).every((count) => count === 0);
  return isZero ? 'it was answered with no tokens' : 'it was answered with a part of its usage';
};
