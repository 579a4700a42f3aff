/** Goal: dashboard and alert rules speak of metrics that exist, and each alert says what to do. */
import { parse } from 'yaml';
import { anchorsOf, metricNames, readText } from './documents';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook_url: string };
}

interface Panel {
  readonly title: string;
  readonly type: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const { groups } = parse(readText('docs/alerts.yml')) as {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
};
const rules = groups.flatMap((group) => group.rules);
const board = JSON.parse(readText('docs/grafana/tollkeeper.json')) as {
  readonly panels: readonly Panel[];
};
const expressions = board.panels.flatMap(({ targets }) => (targets ?? []).map(({ expr }) => expr));
const RUNBOOK = 'docs/guides/operate/alerts.md';
const runbook = readText(RUNBOOK);

/** Where the repository can be read, if Prometheus was told by this external label. */
const BASE = '{{ with $externalLabels.runbooks }}{{ . }}/{{ end }}';

/** Ours, and those of Temporal's SDK. */
const metricsIn = (expr: string): string[] => expr.match(/\b(tollkeeper|temporal)_\w+/g) ?? [];

/** Without what Prometheus adds to a histogram's name. */
const ourMetricsIn = (expr: string): string[] =>
  [...expr.matchAll(/\btollkeeper_\w+/g)].map(([name]) => name.replace(/_(bucket|sum|count)$/, ''));

test.each(rules.map((rule) => [rule.alert, rule] as const))(
  '%s: its metrics exist, it has a severity and a section that says what to do',
  (name, { expr, labels, annotations }) => {
    expect(metricsIn(expr).length).toBeGreaterThan(0);
    expect(ourMetricsIn(expr).filter((metric) => !metricNames().includes(metric))).toEqual([]);
    expect(['info', 'warning', 'critical']).toContain(labels.severity);
    expect(annotations.runbook_url).toBe(`${BASE}${RUNBOOK}#${anchorsOf(`## ${name}`)[0]}`);
    expect(anchorsOf(runbook)).toContain(annotations.runbook_url.split('#')[1]);
    const [, section = ''] = runbook.split(`## ${name}\n`);
    const [own = ''] = section.split(/^#/m);
    expect(own).toMatch(/\*\*What it means\*\*: .{20}[^]*\*\*What to do\*\*: .{20}/);
  },
);

test('the runbook says where links to it begin, by the label that the rules use', () => {
  const [, yaml = ''] = /```yaml\n(global:[^]*?)```/.exec(runbook) ?? [];
  const { global } = parse(yaml) as { global: { external_labels: Record<string, string> } };
  const [label = ''] = Object.keys(global.external_labels);
  expect(BASE).toContain(`$externalLabels.${label} `);
  expect(URL.canParse(`${global.external_labels[label]}/${RUNBOOK}`)).toBe(true);
});

test('there is no section of an alert that is none', () => {
  const sections = [...runbook.matchAll(/^## (Tollkeeper\w+)$/gm)].map(([, name]) => name);
  expect(sections).toEqual(rules.map(({ alert }) => alert));
});

test('every metric on the dashboard exists, and every metric of ours is on it', () => {
  const shown = [...new Set(expressions.flatMap(ourMetricsIn))];
  expect(shown.sort()).toEqual([...new Set(metricNames())].sort());
  expect(board.panels.filter(({ type }) => type !== 'row').every((p) => p.targets?.length)).toBe(
    true,
  );
});
