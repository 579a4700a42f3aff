/** Questions to an open page. As text: they run in the browser, whose types no test has. */
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds, each with where; in its own world, so the page's policy stays as it is. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(`axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => id + ': ' + html + ' ' + failureSummary)))`);
}

export const isWiderThanScreen = (page: Page): Promise<boolean> =>
  page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');

export const focusedText = (page: Page): Promise<string> =>
  page.evaluate(
    'document.activeElement === document.body ? "" : document.activeElement.textContent',
  );

/** Waits until a colour (0xrrggbb) is somewhere on the canvas. */
export async function untilPainted(page: Page, selector: string, color: number): Promise<void> {
  await page.waitForFunction(
    `(() => {
      const canvas = document.querySelector(${JSON.stringify(selector)});
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      for (let at = 0; at < data.length; at += 4)
        if ((data[at] << 16 | data[at + 1] << 8 | data[at + 2]) === ${color}) return true;
      return false;
    })()`,
    undefined,
    { timeout: 20_000 },
  );
}

/** Answers how far parts of the page have been shifted since it was opened: 0 is not at all. */
export async function watchLayoutShifts(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(`
    globalThis.shifted = 0;
    new PerformanceObserver((list) => {
      for (const { value } of list.getEntries()) globalThis.shifted += value;
    }).observe({ type: 'layout-shift', buffered: true });`);
  return () =>
    page.evaluate(`new Promise((told) =>
      requestAnimationFrame(() => requestAnimationFrame(() => told(globalThis.shifted))))`);
}
