/**
 * The Helm chart as Helm renders it, and as Kubernetes' own schemas judge it: Helm is built once by
 * Go, the schemas are those that the Python package kubernetes-validate ships.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { buildOnce, cacheFolder } from '../../../src/dev/cache';
import { readDevEnvironment } from '../../../src/dev/environment';
import { installOneByGo } from '../../../src/dev/go-install';
import { findProgram } from '../../../src/dev/search-path';
import { ROOT } from '../sdk/app-with-sdk';
import { pythonWith } from '../sdk/python';

const HELM_VERSION = 'v3.18.6';
const VALIDATOR = 'kubernetes-validate==1.37.0';
const CHART = join(ROOT, 'deploy', 'helm', 'tollkeeper');

export interface Manifest {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly template?: { readonly spec: PodSpec };
    readonly [field: string]: unknown;
  };
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly [field: string]: unknown;
}

export interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly env: readonly {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
  }[];
  readonly [field: string]: unknown;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

export async function findHelm(): Promise<string> {
  const environment = readDevEnvironment();
  const onPath = await findProgram(['helm'], environment.searchPath);
  if (onPath) return onPath;
  const path = join(cacheFolder(environment), 'bin', `helm-${HELM_VERSION}`);
  const programs = {
    ...{ what: 'Building Helm', name: 'helm' },
    packages: [`helm.sh/helm/v3/cmd/helm@${HELM_VERSION}`],
    otherwise: 'Helm was not found: install it, or Go (it is then built).',
  };
  return buildOnce(path, say, (part) => installOneByGo(environment, say, programs, part));
}

export const findValidator = (): Promise<string> =>
  pythonWith("Kubernetes' schemas", VALIDATOR, (pip) => pip([VALIDATOR]));

const withValues = (example: string | undefined): string[] => [
  ...['--set-file', `catalog=${join(ROOT, 'catalog.yaml')}`],
  ...(example === undefined ? [] : ['-f', join(CHART, 'examples', `${example}.yaml`)]),
];

/** What it said, whatever came of it. */
export function lint(helm: string, example: string | undefined): string {
  const { stdout, stderr } = run(helm, ['lint', '--strict', CHART, ...withValues(example)]);
  return stdout + stderr;
}

export function render(helm: string, example: string | undefined, version: string): string {
  const args = ['template', 'bill', CHART, '--kube-version', version, ...withValues(example)];
  const { status, stdout, stderr } = run(helm, args);
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

export const manifestsIn = (text: string): Manifest[] =>
  parseAllDocuments(text).flatMap((document) => {
    const manifest = document.toJS() as Manifest | null;
    return manifest ? [manifest] : [];
  });

/** What Kubernetes of this version refuses; empty: nothing. */
export function refusals(python: string, text: string, version: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-chart-'));
  const file = join(folder, 'manifests.yaml');
  try {
    writeFileSync(file, text);
    const args = ['-m', 'kubernetes_validate', '-k', version, '--strict', file];
    const { stdout, stderr } = run(python, args);
    const lines = `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
    return lines.filter((line) => !/^INFO .* passed for resource /.test(line));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const run = (program: string, args: readonly string[]) =>
  spawnSync(program, args, { encoding: 'utf8' });
