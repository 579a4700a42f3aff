/** Workflow code of earlier releases, as their workers ran it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const FOLDER = join(__dirname, '..', '..', 'replay', 'releases');

/**
 * Unpacks the bundle of a release into `dir` and answers its path, for `WORKFLOW_BUNDLE`. Made at
 * the release: `bundleWorkflowCode` as in src/processes/worker.ts, its source map emptied, terser
 * with names kept, gzip.
 */
export function workflowsOfRelease(version: string, dir: string): string {
  const file = join(dir, `${version}-workflows.js`);
  writeFileSync(file, gunzipSync(readFileSync(join(FOLDER, `${version}-workflows.js.gz`))));
  return file;
}
