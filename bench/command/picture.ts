/** Figures as a picture: bars side by side, with what is asked of them, drawn by Chart.js. */
import { dirname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { findChromium } from '../../src/dev/chromium';
import { readDevEnvironment } from '../../src/dev/environment';

export interface BarChart {
  readonly title: string;
  /** What is written below each group of bars. */
  readonly groups: readonly string[];
  /** One bar in each group; what was not measured is null. */
  readonly bars: readonly { readonly of: string; readonly values: readonly (number | null)[] }[];
  /** A line in each group, for what is asked. */
  readonly asked?: { readonly what: string; readonly values: readonly number[] };
  /** Figures that lie far apart. */
  readonly logarithmic?: boolean;
}

const CHART_JS = join(dirname(require.resolve('chart.js')), 'chart.umd.js');
const COLOURS = ['#2563eb', '#0d9488', '#9333ea', '#64748b'];
const ASKED_COLOUR = '#dc2626';
const WIDTH = 960;
const CHART_HEIGHT = 300;

/** Writes a PNG. */
export async function drawPicture(
  file: string,
  { title, note, charts }: { title: string; note: string; charts: readonly BarChart[] },
): Promise<void> {
  const { path, args } = await findChromium(readDevEnvironment());
  // Where benchmarks run as root in containers, its own sandbox can't start.
  const browser = await chromium.launch({ executablePath: path, args: [...args, '--no-sandbox'] });
  try {
    const page = await browser.newPage({ viewport: { width: WIDTH, height: CHART_HEIGHT } });
    await page.setContent(
      '<style>body{font:14px sans-serif;margin:24px;color:#111;background:#fff}' +
        'h1{font-size:20px;margin:0 0 4px}p{margin:0 0 16px;color:#555}</style>' +
        `<h1>${escaped(title)}</h1><p>${escaped(note)}</p>` +
        `<div style="height:${CHART_HEIGHT}px;margin-bottom:24px"><canvas></canvas></div>`.repeat(
          charts.length,
        ),
    );
    await page.addScriptTag({ path: CHART_JS });
    await page.evaluate(`for (const [index, settings] of ${JSON.stringify(
      charts.map(settingsOf),
    )}.entries())
      new Chart(document.querySelectorAll('canvas')[index], settings);`);
    await page.screenshot({ path: file, fullPage: true });
  } finally {
    await browser.close();
  }
}

function settingsOf({ title, groups, bars, asked, logarithmic = false }: BarChart) {
  const line = asked && {
    ...{ type: 'line', label: asked.what, data: asked.values, showLine: false },
    ...{ pointStyle: 'line', pointRadius: 40, borderWidth: 3, borderColor: ASKED_COLOUR },
  };
  const drawn = bars.map(({ of, values }, index) => ({
    ...{ type: 'bar', label: of, data: values, maxBarThickness: 90 },
    backgroundColor: COLOURS[index % COLOURS.length],
  }));
  return {
    type: 'bar',
    data: { labels: groups, datasets: [...(line ? [line] : []), ...drawn] },
    options: {
      ...{ animation: false, maintainAspectRatio: false },
      plugins: { title: { display: true, text: title, font: { size: 15 } } },
      scales: { y: logarithmic ? { type: 'logarithmic' } : { beginAtZero: true } },
    },
  };
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
