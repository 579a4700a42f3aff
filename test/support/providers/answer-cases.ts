/** The answers of test/providers/answers, and what each is expected to come to. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TokenCounts } from '../../../src/sdk';

export type Json = Readonly<Record<string, unknown>>;

/** test/providers/README.md says what each field is. */
export interface AnswerCase {
  readonly name: string;
  readonly why: string;
  readonly request: { readonly path: string; readonly body: Json };
  readonly answer?: Json;
  readonly chunks?: readonly (Json | string)[];
  readonly error?: { readonly status: number; readonly body: Json };
  readonly contentType?: string;
  readonly leftAfter?: number;
  readonly restAfterMs?: number;
  readonly breaksAfter?: number;
  readonly expected: {
    readonly tokens: TokenCounts | null;
    readonly estimated?: boolean;
    readonly told?: boolean;
    readonly metadata?: Json;
  };
}

export interface AnswerFile {
  readonly file: string;
  readonly provider: string;
  readonly protocol: 'openai' | 'anthropic' | 'gemini' | 'bedrock' | 'ollama';
  readonly cases: readonly AnswerCase[];
}

const FOLDER = join(__dirname, '../../providers/answers');

export const answerFiles = (): AnswerFile[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({
      file,
      ...(JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Omit<AnswerFile, 'file'>),
    }));

/** Name, case and protocol of each, for `test.each`. */
export const answerCases = (): [string, AnswerCase, AnswerFile['protocol']][] =>
  answerFiles().flatMap(({ file, protocol, cases }) =>
    cases.map((each): [string, AnswerCase, AnswerFile['protocol']] => [
      `${file}: ${each.name}`,
      each,
      protocol,
    ]),
  );

export interface Recorded {
  readonly tokens: TokenCounts;
  readonly metadata?: Json;
}

/** What was recorded, in the form of what is expected. */
export function asExpected({ expected }: AnswerCase, recorded: readonly Recorded[], told: boolean) {
  const [event] = recorded;
  const metadata = Object.keys(expected.metadata ?? {}).map((name) => [
    name,
    event?.metadata?.[name],
  ]);
  return {
    events: recorded.length,
    tokens: event ? withoutZeros(event.tokens) : null,
    estimated: event?.metadata?.estimated === 'true',
    told,
    metadata: Object.fromEntries(metadata) as Json,
  };
}

export const expectedOf = ({ expected }: AnswerCase) => ({
  events: expected.tokens === null ? 0 : 1,
  tokens: expected.tokens && withoutZeros(expected.tokens),
  estimated: expected.estimated ?? false,
  told: expected.told ?? false,
  metadata: expected.metadata ?? {},
});

const withoutZeros = (tokens: TokenCounts): Json =>
  Object.fromEntries(Object.entries(tokens).filter(([, count]) => Number(count) > 0));
