/**
 * Goal: the benchmark measures every wrapper by calls that are metered, each once.
 * Method: one round of its calls in a process of their own, which imports what is installed; how
 * long they take is the benchmark's to tell, and asserted nowhere.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ROOT } from '../support/sdk/app-with-sdk';
import type { Overhead } from '../../bench/overhead/turns';

const LIMIT_MS = 900_000;
const ROUND = { calls: 4, warmUpCalls: 0 };
const NODE = [
  ...['meterOpenAI', 'meterOpenAI (responses)', 'meterAnthropic', 'meterGemini', 'meteredFetch'],
  ...['meteredFetch (OpenRouter)', 'tollkeeperMiddleware', 'langchainHandler'],
];
const PYTHON = [
  ...['meter(OpenAI)', 'meter(OpenAI), responses', 'meter(AsyncOpenAI)', 'meter(Anthropic)'],
  ...['meter(genai.Client)', 'meter(bedrock-runtime)', 'meter(httpx.Client)'],
  ...['TollkeeperCallback (LangChain)', 'TollkeeperLogger (LiteLLM)'],
];

/** Rejects where a call was not recorded once. */
async function measured(file: string, measure: string): Promise<Overhead[]> {
  const program = `require('./bench/overhead/${file}')
    .${measure}(${JSON.stringify(ROUND)}, (overhead) => console.log(JSON.stringify(overhead)))
    .then(() => process.exit(0));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['-r', 'tsx/cjs', '-e', program], {
    cwd: ROOT,
  });
  const lines = stdout.split('\n').filter((line) => line.startsWith('{"of":'));
  return lines.map((line) => JSON.parse(line) as Overhead);
}

test.each([
  ['Node', 'wrappers', 'measureWrappers', NODE],
  ['Python', 'python', 'measurePython', PYTHON],
])(
  'each wrapper in %s records the calls of the benchmark',
  async (_where, file, measure, meant) => {
    const overheads = await measured(file, measure);
    expect(overheads.map(({ of, calls }) => [of, calls])).toEqual(
      meant.map((of) => [of, ROUND.calls]),
    );
  },
  LIMIT_MS,
);
