/** A real browser for a test file: the Chromium that the global setup found, without a window. */
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import type { Chromium } from '../../../src/dev/chromium';

export interface BrowserRules {
  /** One page reads another one's answers only where CORS lets it: npm's copy has that off. */
  readonly keepsOrigins?: boolean;
}

export async function startBrowser({ keepsOrigins = false }: BrowserRules = {}): Promise<Browser> {
  const { path, args } = JSON.parse(String(process.env.TEST_CHROMIUM)) as Chromium;
  // One process for all is for a machine with one page; it ends with the first context.
  const needless = ['--single-process', '--no-zygote'];
  if (keepsOrigins) needless.push('--disable-web-security');
  const ours = args.filter((arg) => !needless.includes(arg));
  // Tests run as root in containers, where its own sandbox can't start.
  return chromium.launch({ executablePath: path, args: [...ours, '--no-sandbox'] });
}
