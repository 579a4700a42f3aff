/** What runs the blocks of the guide for Python: an app that has the SDK in a folder of its own. */
import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { findPython } from './python';
import type { Newcomer } from '../stack/newcomer';

export interface PythonApp {
  readonly newcomer: Newcomer;
  readonly folder: string;
  readonly openaiUrl: string;
  readonly anthropicUrl: string;
  /** What is run uses tokens of ada-lovelace. */
  recordsUsage(run: () => Promise<unknown>): Promise<void>;
}

const GUIDE = 'docs/guides/python.md';
const SOURCES = join('sdk', 'python', 'src');
const CALL = `
from fastapi.testclient import TestClient
with TestClient(app) as web:
    print(web.post("/hello", headers={"x-account": "ada-lovelace"}).json())
tollkeeper.close()`;
const ANSWER = 'word0 word1 word2 word3 word4 word5';

/** By the name of the block. `app` is known once the tests are prepared. */
export function pythonGuide(
  app: () => PythonApp,
): Readonly<Record<string, (code: string) => Promise<void>>> {
  const run = async (code: string): Promise<string> => {
    const { newcomer, folder, openaiUrl, anthropicUrl } = app();
    writeFileSync(join(folder, 'app.py'), code);
    const variables = {
      // The README's block comes before the guide has installed it.
      PYTHONPATH: [join(folder, 'python'), join(newcomer.clone, SOURCES)].join(delimiter),
      ANTHROPIC_BASE_URL: anthropicUrl,
      ANTHROPIC_API_KEY: 'sk',
      OPENAI_BASE_URL: openaiUrl,
      OPENAI_API_KEY: 'sk',
      LITELLM_LOCAL_MODEL_COST_MAP: 'True',
    };
    const said = await newcomer.run(`"${await findPython()}" app.py`, { folder, variables });
    return said.trim().split('\n').at(-1) as string;
  };
  const says = (answer: string) => (code: string) =>
    app().recordsUsage(async () => expect(await run(code)).toBe(answer));
  return {
    'README.md py 1': (code) => app().recordsUsage(() => run(code)),
    [`${GUIDE} sh 1`]: async (code) => {
      const { newcomer, folder } = app();
      const pip = `"${await findPython()}" -m pip install --quiet --no-deps`;
      const target = `--target "${join(folder, 'python')}"`;
      const install = code.replace('pip install path/to/tollkeeper', `${pip} ${target} .`);
      await newcomer.run(install);
    },
    [`${GUIDE} py 1`]: says(ANSWER),
    [`${GUIDE} py 2`]: (code) => app().recordsUsage(() => run(code)),
    [`${GUIDE} py 3`]: (code) => says(ANSWER)(`${code}${CALL}`),
    [`${GUIDE} py 4`]: says(ANSWER),
    [`${GUIDE} py 5`]: says(ANSWER),
    // More than is included was used by the README's second block.
    [`${GUIDE} py 6`]: async (code) => expect(await run(code)).toBe('warned'),
  };
}
