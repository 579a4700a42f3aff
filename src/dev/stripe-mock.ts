/**
 * Finds `stripe-mock`, Stripe's own stateless judge of requests, and the OpenAPI description of the
 * Stripe API that comes with it. Tests hold the sandbox and our calls to both.
 */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { runBuild } from './build-command';
import { buildOnce, cacheFolder } from './cache';
import type { Progress } from './cache';
import type { DevEnvironment } from './environment';
import { installOneByGo } from './go-install';
import { findProgram, isExecutable } from './search-path';

export const STRIPE_MOCK_VERSION = 'v0.203.0';

const REPOSITORY = 'github.com/stripe/stripe-mock';
const DESCRIPTION = 'embedded/openapi/spec3.json';
const SUFFIX = process.platform === 'win32' ? '.exe' : '';
const DOWNLOAD_LIMIT_MS = 60_000;
const CONNECT_LIMIT_MS = 10_000;

/** STRIPE_MOCK, PATH, cache, the release's archive, a build by Go: the first that there is. */
export async function findStripeMock(
  environment: DevEnvironment,
  progress: Progress,
): Promise<string> {
  const { stripeMock, searchPath } = environment;
  if (stripeMock) {
    if (await isExecutable(stripeMock)) return stripeMock;
    throw new Error(
      `STRIPE_MOCK is ${stripeMock}, but no program is there: correct it or unset it.`,
    );
  }
  const onPath = await findProgram(['stripe-mock'], searchPath);
  if (onPath) return onPath;
  const cachedPath = join(cacheFolder(environment), 'bin', `stripe-mock-${STRIPE_MOCK_VERSION}`);
  return buildOnce(`${cachedPath}${SUFFIX}`, progress, async (partPath) => {
    progress('stripe-mock: trying the download');
    if (await downloadRelease(environment, partPath)) return;
    await buildByGo(environment, progress, partPath);
  });
}

/** The description's file: cached, downloaded, or from stripe-mock's Go module. */
export async function findStripeDescription(
  environment: DevEnvironment,
  progress: Progress,
): Promise<string> {
  const cachedPath = join(cacheFolder(environment), `stripe-openapi-${STRIPE_MOCK_VERSION}.json`);
  return buildOnce(cachedPath, progress, async (partPath) => {
    progress("Stripe's OpenAPI description: trying the download");
    const rawAddress = `https://raw.githubusercontent.com/stripe/stripe-mock/${STRIPE_MOCK_VERSION}`;
    if (await download(`${rawAddress}/${DESCRIPTION}`, partPath)) return;
    await takeFromModule(environment, progress, partPath);
  });
}

async function downloadRelease(environment: DevEnvironment, target: string): Promise<boolean> {
  const tar = await findProgram(['tar'], environment.searchPath);
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const machine = process.arch === 'x64' ? 'amd64' : process.arch;
  const archive = `stripe-mock_${STRIPE_MOCK_VERSION.slice(1)}_${system}_${machine}.tar.gz`;
  const url = `https://${REPOSITORY}/releases/download/${STRIPE_MOCK_VERSION}/${archive}`;
  const folder = await mkdtemp(join(tmpdir(), 'tollkeeper-download-'));
  try {
    const file = join(folder, archive);
    if (!tar || !(await download(url, file))) return false;
    const unpack = { what: 'Unpacking stripe-mock', command: tar, args: ['-xzf', file] };
    await runBuild({ ...unpack, cwd: folder }, () => undefined);
    await copyFile(join(folder, `stripe-mock${SUFFIX}`), target);
    return true;
  } catch {
    // It is another archive than the expected one: Go builds it.
    return false;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** False when it is not to be had: no network, a firewall, no such file. */
async function download(url: string, file: string): Promise<boolean> {
  const abort = new AbortController();
  const connecting = setTimeout(() => abort.abort(), CONNECT_LIMIT_MS);
  const timer = setTimeout(() => abort.abort(), DOWNLOAD_LIMIT_MS);
  try {
    const response = await fetch(url, { signal: abort.signal });
    clearTimeout(connecting);
    if (!response.ok || !response.body) return false;
    const body = Readable.fromWeb(response.body as ReadableStream);
    await pipeline(body, createWriteStream(file), { signal: abort.signal });
    return true;
  } catch {
    await rm(file, { force: true });
    return false;
  } finally {
    clearTimeout(connecting);
    clearTimeout(timer);
  }
}

const WITHOUT_GO =
  'stripe-mock was not found and could not be downloaded: install Go (it is then built), or ' +
  'install stripe-mock and set STRIPE_MOCK to its program.';

async function goOf(environment: DevEnvironment): Promise<string> {
  const go = await findProgram(['go'], environment.searchPath);
  if (go) return go;
  throw new Error(WITHOUT_GO);
}

async function buildByGo(environment: DevEnvironment, progress: Progress, target: string) {
  progress('stripe-mock: no download here, building it with Go once');
  const programs = {
    what: 'Building stripe-mock',
    name: 'stripe-mock',
    packages: [`${REPOSITORY}@${STRIPE_MOCK_VERSION}`],
    otherwise: WITHOUT_GO,
  };
  await installOneByGo(environment, progress, programs, target);
}

/** The module cache of its own is thrown away: it is read-only, and we need one file of it. */
async function takeFromModule(environment: DevEnvironment, progress: Progress, target: string) {
  progress("Stripe's OpenAPI description: no download here, fetching the Go module once");
  const folder = await mkdtemp(join(tmpdir(), 'tollkeeper-go-'));
  const env = { ...environment.inherited, GOMODCACHE: folder, GOFLAGS: '-mod=mod -modcacherw' };
  try {
    const args = ['mod', 'download', `${REPOSITORY}@${STRIPE_MOCK_VERSION}`];
    const command = await goOf(environment);
    await runBuild({ what: "Fetching Stripe's description", command, args, env }, progress);
    await copyFile(join(folder, `${REPOSITORY}@${STRIPE_MOCK_VERSION}`, DESCRIPTION), target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
