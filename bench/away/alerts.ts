/**
 * The rules of docs/alerts.yml on two scrapes, as far as they are simple: something is absent, a
 * gauge is beyond its limit, or one outcome has more than its share of what was counted between.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

export interface Sample {
  readonly name: string;
  readonly labels: string;
  readonly value: number;
}

/** What the ages that a metric tells are multiplied by. */
export type Stretch = number;

const ABSENT = /^absent\((\w+)\)$/;
const LIMIT =
  /^(max|min)(?: by \([\w, ]+\))? ?\((?:max_over_time\()?(\w+)(?:\[\w+\]\))?\) ([<>]) (\d+)$/;
const SHARE =
  /^sum\(rate\((\w+)\{(\w+)=~?"([\w|]+)"\}\[\w+\]\)\) \/ sum\(rate\(\1\[\w+\]\)\) > ([\d.]+)$/;
const IS_AGE = /_(lag|waiting|age|overdue)_seconds$/;

export function samplesOf(text: string): Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^(\w+)(\{.*\})? ([-+\w.]+)/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, labels, value: Number(value) }];
  });
}

export async function firingAlerts(
  before: readonly Sample[],
  now: readonly Sample[],
  stretch: Stretch,
): Promise<string[]> {
  const file = join(__dirname, '..', '..', 'docs', 'alerts.yml');
  const { groups } = parse(await readFile(file, 'utf8')) as {
    groups: { rules: { alert: string; expr: string }[] }[];
  };
  const rules = groups.flatMap((group) => group.rules);
  return rules.flatMap(({ alert, expr }) =>
    isFiring(expr, before, now, stretch) ? [alert.replace('Tollkeeper', '')] : [],
  );
}

function isFiring(
  expr: string,
  before: readonly Sample[],
  now: readonly Sample[],
  stretch: Stretch,
): boolean {
  const absent = ABSENT.exec(expr)?.[1];
  if (absent !== undefined) return !now.some(({ name }) => name === absent);
  const [, , gauge = '', sign, limit] = LIMIT.exec(expr) ?? [];
  if (limit !== undefined) {
    const factor = IS_AGE.test(gauge) ? stretch : 1;
    const values = now.flatMap(({ name, value }) => (name === gauge ? [value * factor] : []));
    return values.some((value) => (sign === '>' ? value > Number(limit) : value < Number(limit)));
  }
  const [, counter = '', label, outcomes = '', share] = SHARE.exec(expr) ?? [];
  if (share === undefined) return false;
  const isOne = ({ labels }: Sample) =>
    outcomes.split('|').some((outcome) => labels.includes(`${label}="${outcome}"`));
  const grown = (isCounted: (one: Sample) => boolean) =>
    sumOf(now, counter, isCounted) - sumOf(before, counter, isCounted);
  const all = grown(() => true);
  return all > 0 && grown(isOne) / all > Number(share);
}

const sumOf = (samples: readonly Sample[], counter: string, isCounted: (one: Sample) => boolean) =>
  samples
    .filter((one) => one.name === counter && isCounted(one))
    .reduce((sum, { value }) => sum + value, 0);
