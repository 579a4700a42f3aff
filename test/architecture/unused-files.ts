/** That no file is left over: each is imported by another, or is where something begins. */
import { importsOf } from './imports';
import type { SourceFile } from './source-file';
import { isTypeScript } from './source-file';

/** Nobody imports these: programs, or what a runner finds by name. */
const ENTRY_POINTS = [
  /^src\/cli\/tollkeeper\.ts$/,
  /^workflows\/(index|trace-header)\.ts$/,
  /^src\/sdk\/index\.ts$/,
  /^src\/dashboard\/app\/entry\.tsx$/,
  /\.test\.ts$/,
  // Run by hand when a version is released, to record its histories.
  /^test\/replay\/((payout-)?recording|released-recordings)\.ts$/,
  // Run by hand on the recordings of a test run.
  /^test\/conformance\/validate\.ts$/,
  // Run by `npm run docs`.
  /^test\/docs\/write\.ts$/,
  // Named in `jest.mock` only, which takes a path.
  /^test\/life\/(stand-ins|workflow-module)\.ts$/,
  // Run as a process of its own, to be killed.
  /^test\/support\/(sdk\/sdk-app-run|stack\/traced-process)\.ts$/,
  /^test\/support\/global-(setup|teardown)\.ts$/,
  /^bench\/run\.ts$/,
];

export function unusedFiles(files: readonly SourceFile[]): string[] {
  const imported = new Set(files.flatMap(importsOf).map(({ to }) => to));
  return files
    .filter(isTypeScript)
    .map(({ path }) => path)
    .filter((path) => !ENTRY_POINTS.some((entry) => entry.test(path)))
    .filter((path) => {
      const module = path.replace(/\.tsx?$/, '');
      return !imported.has(module) && !imported.has(module.replace(/\/index$/, ''));
    })
    .map((path) => `${path} is imported by no file`);
}
