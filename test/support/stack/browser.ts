/** A real browser for a test file: the Chromium that the global setup found, without a window. */
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import type { Chromium } from '../../../src/dev/chromium';

export async function startBrowser(): Promise<Browser> {
  const { path, args } = JSON.parse(String(process.env.TEST_CHROMIUM)) as Chromium;
  // One process for all is for a machine with one page; it ends with the first context.
  const ours = args.filter((arg) => !/^--(single-process|no-zygote)$/.test(arg));
  // Tests run as root in containers, where its own sandbox can't start.
  return chromium.launch({ executablePath: path, args: [...ours, '--no-sandbox'] });
}
