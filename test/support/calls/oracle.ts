/**
 * What the ledger has to have, worked out of the provider's bill and the apps' journals: usage is
 * written before an app sees the end of an answer, so what it has finished is there, once; what was
 * under way when its recorder was killed is known to the provider only, or was recorded as it is.
 */
import type { Life } from './play';
import type { Billed } from './stand-in';
import { askedTokens } from './matrix';
import type { Way } from './matrix';

export interface LedgerRow {
  readonly customer: string;
  readonly model: string;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly reasoning: number;
  /** It is marked as an estimate. */
  readonly isEstimate: boolean;
}

export interface Settled {
  readonly attempt: Billed;
  /** It has to be in the ledger: the app had the end of it, or had left it. */
  readonly isSure: boolean;
  readonly rows: readonly LedgerRow[];
}

type Pools = Omit<LedgerRow, 'customer' | 'model' | 'isEstimate'>;

/** Each attempt with what the ledger has of it, and what of that is wrong. */
export function settle(
  bill: readonly Billed[],
  ledger: readonly LedgerRow[],
  lives: Readonly<Record<Way, readonly Life[]>>,
): { readonly settled: readonly Settled[]; readonly faults: readonly string[] } {
  const { rowsOf, strangers } = assign(bill, ledger);
  const faults = strangers.map((row) => `nobody was billed for ${JSON.stringify(row)}`);
  const settled = bill.map((attempt): Settled => {
    const life = lives[attempt.way][attempt.life] as Life;
    const rows = rowsOf(attempt);
    const expected = expectedOf(attempt, life);
    const about = `${JSON.stringify(attempt)}: ${JSON.stringify(rows)}`;
    if (rows.length > 1) faults.push(`counted ${rows.length} times: ${about}`);
    if (rows.length === 0 && expected.isSure) faults.push(`not counted: ${about}`);
    for (const row of rows)
      if (row.model !== attempt.model || !expected.allows(row)) faults.push(`wrong: ${about}`);
    return { attempt, rows, isSure: expected.isSure };
  });
  return { settled, faults };
}

interface Expected {
  /** It has to be there. */
  readonly isSure: boolean;
  allows(row: LedgerRow): boolean;
}

function expectedOf(attempt: Billed, { journal, isRecorderKilled, known }: Life): Expected {
  const { number, kind, wordsSent, isWhole } = attempt;
  const isFinished = journal.finished.has(number);
  const isHeard = journal.heard.has(number);
  const isExact = (row: LedgerRow) => isWhole && !row.isEstimate && areEqual(row, told(attempt));
  if (isFinished && kind !== 'aborted') return { isSure: true, allows: isExact };
  if (isFinished || (kind === 'aborted' && isRecorderKilled))
    return {
      // A proxy that is killed in the same moment may not have heard that its caller has left.
      isSure: isFinished && (known === undefined || known.has(number)),
      allows: (row) => isEstimate(attempt, row, (words) => words === attempt.words),
    };
  if (isRecorderKilled) return { isSure: false, allows: isExact };
  // The proxy has outlived its caller: what it had begun to answer it knows.
  const arrived = kind === 'tools' ? TOOL_TOKENS : wordsSent;
  // The first event of a message has counted a token of the answer.
  const most = tellsEarly(attempt) ? Math.max(1, arrived) : arrived;
  return {
    isSure: isHeard,
    allows: (row) =>
      isExact(row) || (attempt.isStream && isEstimate(attempt, row, (words) => words <= most)),
  };
}

function told({ counts }: Billed): Pools {
  const { prompt, cached, written, completion, thinking } = counts;
  return {
    ...{ input: prompt - cached - written, output: completion - thinking },
    ...{ cacheRead: cached, cacheWrite: written, reasoning: thinking },
  };
}

/** The tool that is called: its name and its arguments, a token for four characters. */
const TOOL_TOKENS = Math.ceil('weather{"city":"Graz"}'.length / 4);
/** Their first event tells what was asked. */
const tellsEarly = ({ provider }: Billed): boolean =>
  provider === 'messages' || provider === 'gemini';

/** What was told stays, and the rest is one token for four characters. */
function isEstimate(attempt: Billed, row: LedgerRow, isRight: (words: number) => boolean): boolean {
  const { output } = row;
  const { input, cacheRead, cacheWrite } = told(attempt);
  const unknown = { ...{ cacheRead: 0, cacheWrite: 0, reasoning: 0 }, output };
  const estimated = { ...unknown, input: askedTokens(attempt) };
  const early = { ...unknown, input, cacheRead, cacheWrite };
  const isOfRule = areEqual(row, tellsEarly(attempt) ? early : estimated);
  // It had not come to the first event.
  const isOfNothing = tellsEarly(attempt) && output === 0 && areEqual(row, estimated);
  return row.isEstimate && isRight(output) && (isOfRule || isOfNothing);
}

const POOLS = ['input', 'output', 'cacheRead', 'cacheWrite', 'reasoning'] as const;

const areEqual = (row: Pools, other: Pools): boolean =>
  POOLS.every((pool) => row[pool] === other[pool]);

/** No two attempts of a customer have a prompt, or a text, of the same length. */
function assign(bill: readonly Billed[], ledger: readonly LedgerRow[]) {
  const attempts = new Map<string, Billed>();
  for (const attempt of bill)
    for (const tokens of [attempt.counts.prompt, askedTokens(attempt)]) {
      const key = `${attempt.customer} ${tokens}`;
      if (attempts.has(key)) throw new Error(`Two attempts are ${key}: expected one`);
      attempts.set(key, attempt);
    }
  const rows = new Map<Billed, LedgerRow[]>();
  const strangers: LedgerRow[] = [];
  for (const row of ledger) {
    const prompt = row.input + row.cacheRead + row.cacheWrite;
    const attempt = attempts.get(`${row.customer} ${prompt}`);
    if (attempt) rows.set(attempt, [...(rows.get(attempt) ?? []), row]);
    else strangers.push(row);
  }
  return { rowsOf: (attempt: Billed) => rows.get(attempt) ?? [], strangers };
}

/** So many of a proxy's calls have to be in the ledger. */
export const sureCalls = (bill: readonly Billed[], way: Way, lives: readonly Life[]): number =>
  bill.filter(
    (attempt) => attempt.way === way && expectedOf(attempt, lives[attempt.life] as Life).isSure,
  ).length;
