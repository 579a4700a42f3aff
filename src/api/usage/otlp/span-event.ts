/** A span as the usage event of its call, or the reason why it is none. */
import { DomainError } from '../../../core/errors';
import { spanUsageId } from '../../../core/ids';
import type { UsageEvent } from '../../../core/usage/usage';
import { parseUsageEvent } from '../../../ingest/usage-event-schema';
import { concludeUsage } from '../../../sdk/conclude-usage';
import type { Conclusion } from '../../../sdk/conclude-usage';
import { readUsage, sumOf } from '../../../sdk/read-usage';
import type { UsageReading } from '../../../sdk/read-usage';
import { textLength } from '../../../sdk/stream-estimate';
import { servedTier } from '../../../sdk/usage-details';
import type { Attributes, Span } from './span';
import { kindOf, marksOf } from './span-kind';
import { answeredText, askedText } from './span-text';
import { tellsTokens, usageOfSpan } from './span-usage';

/** What a request's spans are, one by one. */
export type ReadSpan =
  /** It has nothing to do with tokens, and nobody has to hear of it. */
  | { readonly kind: 'other'; readonly span: Span }
  /** It has to do with models, and its tokens are those of the calls in it, or none. */
  | { readonly kind: 'around' | 'failed'; readonly span: Span }
  /** The error says why the call can't be counted. */
  | { readonly kind: 'call'; readonly span: Span; readonly event: UsageEvent | DomainError };

/** `customerAttribute` is the name of what says whose call it was. */
export function readSpanEvent(span: Span, customerAttribute: string): ReadSpan {
  const { attributes, isFailed } = span;
  const kind = kindOf(attributes);
  if (kind === 'around') return { kind: tellsTokens(attributes) ? 'around' : 'other', span };
  if (kind === 'unmarked' || kind === 'unknown')
    return tellsTokens(attributes)
      ? { kind: 'call', span, event: unmarked(attributes) }
      : { kind: 'other', span };
  try {
    const conclusion = concludeSpan(span, kind);
    if (!conclusion.tokens && isFailed) return { kind: 'failed', span };
    // A picture by the piece, or sound by the second: nothing of it is counted by tokens.
    if (!conclusion.tokens && kind !== 'call' && kind !== 'embeddings')
      return { kind: 'other', span };
    return { kind: 'call', span, event: eventOf(span, conclusion, customerAttribute) };
  } catch (error) {
    if (error instanceof DomainError) return { kind: 'call', span, event: error };
    throw error;
  }
}

type CallKind = 'call' | 'embeddings' | 'images' | 'audio';

function concludeSpan({ attributes, isFailed }: Span, kind: CallKind): Conclusion {
  const { usage, faults } = usageOfSpan(attributes);
  const reading = usage && readUsage(usage);
  const allFaults = [...faults, ...(reading?.faults ?? [])];
  if (allFaults.length > 0)
    throw uncountable(`its usage can't be counted: ${allFaults.join('; ')}`);
  const isTold = reading !== undefined && isWholly(reading, kind);
  const input = isTold ? undefined : askedText(attributes);
  const characters = isTold ? 0 : textLength(answeredText(attributes));
  return concludeUsage(
    { endpoint: kind === 'call' ? 'chat' : kind, model: '', body: { input }, isLookup: false },
    {
      ...{ reading, characters, isWhole: isTold || !isFailed },
      failure: isFailed ? 'broken' : undefined,
      isEstimable: true,
    },
  );
}

/** Nothing of it has to be guessed. */
function isWholly(reading: UsageReading, kind: CallKind): boolean {
  const { input, output } = reading.tokens ?? {};
  return sumOf(reading) > 0 && (kind !== 'call' || (input !== undefined && output !== undefined));
}

function eventOf(
  span: Span,
  { tokens, isEstimated, details }: Conclusion,
  customerAttribute: string,
): UsageEvent {
  const { attributes, startedAt } = span;
  const isNothing = Object.values(tokens ?? {}).every((count) => count === 0);
  if (!tokens || isNothing)
    throw uncountable(
      'it tells no tokens, and no text by which they could be estimated: expected ' +
        'gen_ai.usage.input_tokens and gen_ai.usage.output_tokens',
    );
  const customer = customerOf(span, customerAttribute);
  if (customer === undefined)
    throw uncountable(
      `it does not say whose call it was: expected the attribute ${customerAttribute}, of the ` +
        'span or of its resource',
    );
  const requested = first(attributes, REQUESTED);
  const answered = first(attributes, ANSWERED);
  const tier = servedTier({ service_tier: first(attributes, TIERS) }, undefined);
  const vendor = attributes.get('tollkeeper.vendor') ?? span.resource.get('tollkeeper.vendor');
  const metadata = {
    endpoint: 'otlp',
    ...(answered !== undefined && { reportedModel: answered }),
    ...kept('responseId', first(attributes, RESPONSE_IDS)),
    ...kept('provider', first(attributes, PROVIDERS)),
    ...kept('serviceTier', tier),
    ...details,
    ...(isEstimated && { estimated: 'true' }),
  };
  return parseUsageEvent({
    id: spanUsageId(span.traceId, span.spanId),
    customer,
    model: requested ?? answered ?? 'unknown',
    tokens,
    ...(startedAt !== undefined && { occurredAt: isoTime(startedAt) }),
    ...(vendor !== undefined && { vendor: String(vendor) }),
    metadata,
  });
}

const REQUESTED = [
  ...['gen_ai.request.model', 'llm.request.model', 'llm.model_name', 'embedding.model_name'],
  'ai.model.id',
];
const ANSWERED = ['gen_ai.response.model', 'llm.response.model', 'ai.response.model'];
const RESPONSE_IDS = ['gen_ai.response.id', 'ai.response.id', 'llm.response.id'];
const PROVIDERS = [
  ...['gen_ai.provider.name', 'gen_ai.system', 'llm.provider', 'llm.system', 'ai.model.provider'],
];
const TIERS = ['openai.response.service_tier', 'gen_ai.openai.response.service_tier'];

/** Frameworks put what an app adds to a call behind a prefix of their own. */
const PREFIXES = ['', 'traceloop.association.properties.', 'ai.telemetry.metadata.', 'baggage.'];

function customerOf({ attributes, resource }: Span, name: string): string | undefined {
  return (
    first(
      attributes,
      PREFIXES.map((prefix) => prefix + name),
    ) ?? first(resource, [name])
  );
}

export const responseIdOf = ({ attributes }: Span): string | undefined =>
  first(attributes, RESPONSE_IDS);

/** Empty is as good as left out. */
function first(attributes: Attributes, names: readonly string[]): string | undefined {
  const name = names.find((each) => ![undefined, ''].includes(String(attributes.get(each) ?? '')));
  return name === undefined ? undefined : String(attributes.get(name));
}

const KEPT_LENGTH_MAX = 300;

const kept = (name: string, text: string | undefined) =>
  text === undefined ? {} : { [name]: text.slice(0, KEPT_LENGTH_MAX) };

const LAST_TIME = 8_640_000_000_000_000;

function isoTime(milliseconds: number): string {
  if (milliseconds <= LAST_TIME) return new Date(milliseconds).toISOString();
  throw uncountable(`it began ${milliseconds} ms after 1970, which is no time`);
}

function unmarked(attributes: Attributes): DomainError {
  const marks = marksOf(attributes);
  return uncountable(
    `it tells tokens, and ${marks === '' ? 'not what it is' : `${marks}, which is not known`}: ` +
      'expected gen_ai.operation.name to be chat, text_completion, generate_content or ' +
      'embeddings, or invoke_agent and the like around those',
  );
}

const uncountable = (reason: string): DomainError =>
  new DomainError('invalid_usage_event', `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`);
