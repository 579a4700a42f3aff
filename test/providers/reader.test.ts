/** What any provider answers comes to the right pools, by the reader that all meters share. */
import { callOf, endpointOf } from '../../src/sdk/metered-call';
import type { MeteredCall } from '../../src/sdk/metered-call';
import { watchCall } from '../../src/sdk/call-usage';
import type { CallUsage } from '../../src/sdk/call-usage';
import {
  answerCases,
  answerFiles,
  asExpected,
  expectedOf,
} from '../support/providers/answer-cases';
import type { AnswerCase, Json } from '../support/providers/answer-cases';

/** What belongs to no call that our meters see by itself is read as any other answer. */
const callOfCase = ({ request: { path, body } }: AnswerCase): MeteredCall =>
  callOf(endpointOf(path.replace(/\?.*/, ''), 'POST') ?? 'generate', 'POST', body);

function play(answer: AnswerCase) {
  const usages: CallUsage[] = [];
  let isTold = false;
  const watch = watchCall(
    callOfCase(answer),
    (usage) => void usages.push(usage),
    () => {
      isTold = true;
    },
  );
  const end = answer.leftAfter ?? answer.breaksAfter;
  if (answer.answer) watch.answered(answer.answer);
  for (const [number, chunk] of (answer.chunks ?? []).entries()) {
    const isLeft = number >= (end ?? Infinity);
    if (isLeft && (answer.breaksAfter !== undefined || !watch.awaitsUsage())) break;
    const event = typeof chunk === 'string' ? eventOf(chunk) : chunk;
    if (event) watch.streamed(event);
  }
  if (answer.chunks) watch.ended(end === undefined);
  const recorded = usages.map(({ tokens, isEstimated, details, tier }) => ({
    tokens,
    metadata: { ...details, serviceTier: tier, ...(isEstimated && { estimated: 'true' }) },
  }));
  return asExpected(answer, recorded, isTold);
}

function eventOf(text: string): Json | undefined {
  const data = /^data: (\{.*\})/.exec(text)?.[1];
  return data === undefined ? undefined : (JSON.parse(data) as Json);
}

test.each(answerCases())('%s', (_name, answer) => {
  expect(play(answer)).toEqual(expectedOf(answer));
});

test('a case is told from any other by its name, and says where it is from', () => {
  const cases = answerFiles().flatMap(({ file, cases: all }) =>
    all.map(({ name, why }) => ({ name: `${file}: ${name}`, why })),
  );
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
  expect(cases.filter(({ why }) => why === '')).toEqual([]);
});
