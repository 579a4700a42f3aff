/** Goal: workflows cost no more of the processor than their own code does. */
import { readFile } from 'node:fs/promises';

test('workflows copy their state by the language itself, and not by functions of a compiler', async () => {
  const code = await readFile(String(process.env.TEST_WORKFLOW_BUNDLE), 'utf8');
  expect(code).toContain('...state');
  expect(code).not.toContain('_object_spread');
});
