/**
 * One call counts once, however many spans tell of it. A framework's span around a client's span
 * has the same usage, and two instrumentations make two spans of the same response. Which of them
 * counts is told by what the ledger's database has noted of spans before: they come in any order,
 * by any process, and more than once.
 */
import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { DomainError } from '../../../core/errors';
import { isStorable } from '../../../core/text';
import type { UsageEvent } from '../../../core/usage/usage';
import { claimSpans, findSpanClaims } from '../../../db/span-claims';
import type { SpanClaim } from '../../../db/span-claims';
import type { Span } from './span';
import { responseIdOf } from './span-event';
import type { ReadSpan } from './span-event';

type Call = Extract<ReadSpan, { readonly kind: 'call' }>;
interface GoodCall extends Call {
  readonly event: UsageEvent;
}

/** Spans further up than that are of another call. */
const CLIMBED_MAX = 32;

/** Returns the calls that count, in order: the innermost of several, one inside the other. */
export async function countedOnce(pool: Pool, spans: readonly ReadSpan[]): Promise<Call[]> {
  const outer = outerSpans(spans);
  const calls = spans.filter((each): each is Call => each.kind === 'call');
  const goodCalls = calls.filter(isGood);
  const around = new Set(goodCalls.flatMap(({ span }) => outer(span)));
  const goodNames = new Set(goodCalls.map(({ span }) => nameOf(span)));
  // A span that does not say whose call it was may be in one of the same call that does.
  const isToldOutside = ({ span }: Call) => outer(span).some((name) => goodNames.has(name));
  const innermost = calls.filter(
    (call) => !around.has(nameOf(call.span)) && (isGood(call) || !isToldOutside(call)),
  );
  const ownClaims = innermost.filter(isGood).flatMap((call) => claimsOf(call, outer(call.span)));
  const badNames = innermost.filter((call) => !isGood(call)).map(({ span }) => nameOf(span));
  const claims = new Map([
    ...(await claimSpans(pool, ownClaims)),
    ...(await findSpanClaims(pool, badNames)),
  ]);
  return innermost.filter((call) => {
    if (claims.get(nameOf(call.span))?.isAround === true) return false;
    if (!isGood(call)) return true;
    const isInside = outer(call.span).some((name) => claims.get(name)?.isAround === false);
    return !isInside && !isRepeated(call, claims);
  });
}

const isGood = (call: Call): call is GoodCall => !(call.event instanceof DomainError);

const nameOf = ({ traceId, spanId }: Pick<Span, 'traceId' | 'spanId'>): string =>
  `${traceId}:${spanId}`;

/** The names of what a span is in: its parent, and what that is in, up to an agent or a tool. */
function outerSpans(spans: readonly ReadSpan[]) {
  const byName = new Map(spans.map((each) => [nameOf(each.span), each]));
  return ({ traceId, parentSpanId }: Span): string[] => {
    const names: string[] = [];
    let spanId = parentSpanId;
    while (spanId !== undefined && names.length < CLIMBED_MAX) {
      const name = nameOf({ traceId, spanId });
      const parent = byName.get(name);
      if (parent?.kind === 'around') break;
      names.push(name);
      spanId = parent?.span.parentSpanId;
    }
    return names;
  };
}

function claimsOf({ span, event }: GoodCall, outer: readonly string[]): SpanClaim[] {
  const own = nameOf(span);
  const { startedAt, endedAt } = span;
  const facts = { span: own, startedAt, endedAt, tokens: tokensOf(event) };
  const response = responseName({ span, event });
  return [
    { name: own, isAround: false, ...facts },
    ...outer.map((name) => ({ name, isAround: true, ...facts })),
    ...(response === undefined ? [] : [{ name: response, isAround: false, ...facts }]),
  ];
}

/** Servers for one machine count from one: what is shorter than this names no call. */
const RESPONSE_ID_LENGTH_MIN = 16;

function responseName({ span, event }: Pick<GoodCall, 'span' | 'event'>): string | undefined {
  const id = responseIdOf(span);
  if (id === undefined || id.length < RESPONSE_ID_LENGTH_MIN || !isStorable(id)) return undefined;
  const content = JSON.stringify([event.customer, id]);
  return `response:${createHash('sha256').update(content).digest('hex')}`;
}

/**
 * The response was told by another span: at the same time, with as many tokens. Where either is
 * different its server has used the id again, and this is another call.
 */
function isRepeated(call: GoodCall, claims: ReadonlyMap<string, SpanClaim>): boolean {
  const claim = claims.get(responseName(call) ?? '');
  if (claim === undefined || claim.span === nameOf(call.span)) return false;
  if (claim.tokens !== tokensOf(call.event)) return false;
  const { startedAt = 0, endedAt = startedAt } = call.span;
  const { startedAt: otherStart = 0, endedAt: otherEnd = otherStart } = claim;
  return startedAt <= otherEnd && otherStart <= endedAt;
}

const tokensOf = ({ tokens }: UsageEvent): number =>
  Object.values(tokens).reduce((sum, count) => sum + count, 0);
