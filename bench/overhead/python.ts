/** What the wrappers of the SDK for Python add to a call of a model: wrappers.py has the calls. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { readDevEnvironment } from '../../src/dev/environment';
import { findPython, PYTHON_SDK } from '../../test/support/sdk/python';
import { checkEvents, startProvider } from './answers';
import { callsIn, overhead } from './turns';
import type { Durations, Overhead, Turns } from './turns';

/** Throws when usage of a call was not recorded. */
export async function measurePython(
  turns: Turns,
  measured: (overhead: Overhead) => void,
): Promise<void> {
  const sink = { events: 0 };
  const provider = await startProvider(sink);
  const child = spawn(await findPython(), [join(__dirname, 'wrappers.py')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...readDevEnvironment().inherited,
      ...{ PROVIDER_URL: provider.url, CALLS: String(turns.calls), PYTHONDONTWRITEBYTECODE: '1' },
      ...{ WARM_UP_CALLS: String(turns.warmUpCalls), LITELLM_LOCAL_MODEL_COST_MAP: 'True' },
      PYTHONPATH: join(PYTHON_SDK, 'src'),
    },
  });
  const errors = text(child.stderr);
  const ended = once(child, 'close') as Promise<[number | null]>;
  try {
    for await (const line of createInterface(child.stdout)) {
      const { of, ...durations } = JSON.parse(line) as Durations & { of: string };
      checkEvents(of, sink, callsIn(turns));
      sink.events = 0;
      measured(overhead(of, durations));
    }
    const [status] = await ended;
    if (status !== 0) throw new Error(`wrappers.py ended with ${status}:\n${await errors}`);
  } finally {
    child.kill();
    await provider.close();
  }
}
