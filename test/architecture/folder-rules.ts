/** How many files a folder may hold, and which are flat on purpose. */
import { posix } from 'node:path';
import type { SourceFile } from './source-file';

const FILES_MAX = 15;

/** Folders with more files, each with the reason why it has no rooms. */
const FLAT: Readonly<Record<string, string>> = {
  workflows: 'one file per errand of a run, as the loops in billing.ts list them',
  activities: 'one file per subject that activities are about, as activities/index.ts lists them',
  'src/db/migrations': 'one file per step of the schema, which is never changed',
  'src/db': 'one file per table or view, and prefixes group them',
  'src/stripe': 'one file per kind of object at Stripe, and prefixes group them',
  'src/sdk': 'one package that an app installs, whose files know each other',
  'src/dev/stripe-sandbox': 'what all routes share: the world, its objects and its webhooks',
  'src/dev/stripe-sandbox/billing': 'one file per rule of Stripe Billing',
  'src/dev/stripe-sandbox/routes': 'one file per resource of the API',
  'src/dev/stripe-sandbox/page': 'one file per view of the page',
  'test/life': 'one file per kind of life',
  'test/journey': 'one journey per file',
  'test/workflows': 'mirrors workflows',
  'test/sdk': 'mirrors src/sdk',
};

export function crowdedFolders(
  files: readonly Pick<SourceFile, 'path'>[],
  flat: Readonly<Record<string, string>> = FLAT,
): string[] {
  const counts = new Map<string, number>();
  for (const { path } of files.filter(({ path }) => /\.(tsx?|js|sql)$/.test(path))) {
    const folder = posix.dirname(path);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const crowded = [...counts]
    .filter(([folder, count]) => count > FILES_MAX && !(folder in flat))
    .map(([folder, count]) => `${folder} has ${count} files: ${FILES_MAX} is the most`);
  const needless = Object.keys(flat)
    .filter((folder) => (counts.get(folder) ?? 0) <= FILES_MAX)
    .map((folder) => `${folder} needs no exception: it has ${counts.get(folder) ?? 0} files`);
  return [...crowded, ...needless];
}
