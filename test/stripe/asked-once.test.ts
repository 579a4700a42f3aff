/** Goal: a worker that begins asks for each thing once, and for a failed one again. */
import { askedOnce } from '../../src/stripe/asked-once';

function aReader() {
  const waiting: { key: string; answer: (text: string) => void; fail: (why: Error) => void }[] = [];
  const ask = askedOnce(
    (key) =>
      new Promise<string>((answer, fail) => {
        waiting.push({ key, answer, fail });
      }),
  );
  return { waiting, ask };
}

test('who asks for the same while it is read shares the answer', async () => {
  const { waiting, ask } = aReader();
  const answers = [ask('a'), ask('a'), ask('b')];
  expect(waiting.map(({ key }) => key)).toEqual(['a', 'b']);
  for (const { key, answer } of waiting) answer(`${key} as read`);
  expect(await Promise.all(answers)).toEqual(['a as read', 'a as read', 'b as read']);
});

test('a failure is shared, and the next who asks asks anew', async () => {
  const { waiting, ask } = aReader();
  const answers = [ask('a'), ask('a')];
  waiting[0]?.fail(new Error('refused'));
  for (const answer of answers) await expect(answer).rejects.toThrow('refused');
  void ask('a');
  expect(waiting).toHaveLength(2);
});
