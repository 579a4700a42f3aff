/** What a stream tells of its usage: the last and the largest, read when somebody asks for it. */
import fc from 'fast-check';
import { readUsage, sumOf } from '../../src/sdk/read-usage';
import { createToldUsage } from '../../src/sdk/told-usage';

type Usage = Readonly<Record<string, unknown>>;

const told = (usages: readonly Usage[]) => {
  const toldUsage = createToldUsage();
  for (const usage of usages) toldUsage.add(usage);
  return { usage: toldUsage.usage(), reading: toldUsage.reading() };
};

/** The rule as it is said, each chunk read as it comes. */
function readOneByOne(usages: readonly Usage[]) {
  let [usage, reading]: [Usage, ReturnType<typeof readUsage> | undefined] = [{}, undefined];
  for (const each of usages) {
    const known = Object.entries(each).filter(([, value]) => value !== null);
    const merged = { ...usage, ...Object.fromEntries(known) };
    const later = readUsage(merged);
    if (reading && sumOf(later) < sumOf(reading)) continue;
    [usage, reading] = [merged, later];
  }
  return { usage, reading };
}

const gemini = (prompt: number, answer: number): Usage => ({
  ...{ promptTokenCount: prompt, candidatesTokenCount: answer, totalTokenCount: prompt + answer },
  promptTokensDetails: [{ modality: 'TEXT', tokenCount: prompt }],
});

test('usage that grows from chunk to chunk is what the last one tells', () => {
  const { usage, reading } = told([gemini(250, 1), gemini(250, 2), gemini(250, 50)]);
  expect([usage, reading?.tokens]).toEqual([gemini(250, 50), { input: 250, output: 50 }]);
});

test('a last chunk that has become less is not believed, and nothing of it is kept', () => {
  const { usage } = told([gemini(250, 1), gemini(250, 50), gemini(250, 0), gemini(0, 0)]);
  expect(usage).toEqual(gemini(250, 50));
});

const count = fc.option(fc.integer({ min: 0, max: 1_000 }), { nil: null });
const chunk = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 0, max: 99 }))
    .map(([prompt, answer]) => gemini(prompt, answer)),
  fc.record({ prompt_tokens: count, completion_tokens: count }, { requiredKeys: [] }),
  fc.record({ input_tokens: count, output_tokens: fc.oneof(count, fc.constantFrom('7', -1, 1.5)) }),
  fc.constant({ cost: 1 }),
);

test('whatever chunks tell, it comes to what each of them read by itself does', () => {
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 12 }), (chunks) => {
      expect(told(chunks)).toEqual(readOneByOne(chunks));
    }),
    { numRuns: 1_000 },
  );
});
