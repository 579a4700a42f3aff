/** Stacked bars by day, in the page's colours, light or dark. Chart.js draws. */
import { BarController, BarElement, CategoryScale, Chart, LinearScale, Tooltip } from 'chart.js';
import type { ChartOptions } from 'chart.js';
import type { ViewerFormats } from '../../../react/data/formats';
import type { Series } from './series';

Chart.register(BarController, BarElement, CategoryScale, LinearScale, Tooltip);

export interface BarChart {
  /** Days are YYYY-MM-DD. */
  show(days: readonly string[], series: readonly Series[]): void;
  destroy(): void;
}

export function drawBars(canvas: HTMLCanvasElement, formats: ViewerFormats): BarChart {
  const chart = new Chart<'bar', number[], string>(canvas, {
    type: 'bar',
    data: { labels: [], datasets: [] },
    options: optionsOf(formats),
  });
  const paint = () => {
    paintAxes(chart);
    chart.data.datasets.forEach((dataset, at) => {
      dataset.backgroundColor = colorOf(`--series-${at + 1}`);
    });
    chart.update();
  };
  const theme = matchMedia('(prefers-color-scheme: dark)');
  theme.addEventListener('change', paint);
  return {
    show: (days, series) => {
      chart.data.labels = [...days];
      chart.data.datasets = series.map(({ name, byDay }) => ({
        label: name,
        data: days.map((day) => byDay.get(day) ?? 0),
      }));
      paint();
    },
    destroy: () => {
      theme.removeEventListener('change', paint);
      chart.destroy();
    },
  };
}

const optionsOf = (formats: ViewerFormats): ChartOptions<'bar'> => ({
  animation: false,
  maintainAspectRatio: false,
  interaction: { mode: 'index', intersect: false },
  scales: {
    x: {
      stacked: true,
      grid: { display: false },
      ticks: {
        maxRotation: 0,
        autoSkipPadding: 12,
        callback(value) {
          return formats.shortDay(this.getLabelForValue(Number(value)));
        },
      },
    },
    y: {
      stacked: true,
      beginAtZero: true,
      border: { display: false },
      ticks: { maxTicksLimit: 5, callback: (value) => formats.shortTokens(Number(value)) },
    },
  },
  plugins: {
    tooltip: {
      filter: ({ parsed }) => Number(parsed.y) > 0,
      callbacks: {
        title: ([first]) => (first ? formats.day(first.label) : ''),
        label: ({ dataset, parsed }) =>
          ` ${dataset.label}: ${formats.tokens(Number(parsed.y))} tokens`,
      },
    },
  },
});

function paintAxes(chart: Chart<'bar', number[], string>): void {
  const { x, y } = chart.options.scales ?? {};
  for (const scale of [x, y]) if (scale?.ticks) scale.ticks.color = colorOf('--quiet');
  if (y?.grid) y.grid.color = colorOf('--line');
}

const colorOf = (variable: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(variable).trim();
