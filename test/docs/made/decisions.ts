/** A line for each decision: its number, what was decided, and whether it holds. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readText, ROOT } from '../documents';
import { table } from './table';

const FOLDER = 'docs/explain/decisions';
const BEGINNING = /^# (\d+)\. (.+)\n\n\*\*Status\*\*: (.+) since (\d{4}-\d\d-\d\d)\.\n/;

export function decisionsText(): string {
  const files = readdirSync(join(ROOT, FOLDER)).filter((name) => /^\d{4}-/.test(name));
  return table(
    ['#', 'decision', 'status', 'since'],
    files.sort().map((name) => {
      const [, number, title, status, since] = BEGINNING.exec(readText(`${FOLDER}/${name}`)) ?? [];
      if (number === undefined)
        throw new Error(`${FOLDER}/${name} begins without title, status and date: ${BEGINNING}`);
      return [number, `[${title}](${name})`, String(status), String(since)];
    }),
  );
}
