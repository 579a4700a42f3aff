/** Goal: what is missing is told in one sentence, with the way out. */
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildOnce } from '../../src/dev/cache';
import { findChromium } from '../../src/dev/chromium';
import { readDevEnvironment } from '../../src/dev/environment';
import { freePort } from '../../src/dev/free-port';
import { choosePorts } from '../../src/dev/ports';
import { findTemporalCli } from '../../src/dev/temporal/command-line';
import { findTimeSkippingServer } from '../../src/dev/temporal/time-skipping-server';

const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-components-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const silent = () => undefined;

test.each([
  ['TEMPORAL_CLI', findTemporalCli],
  ['TEMPORAL_TEST_SERVER', findTimeSkippingServer],
  ['CHROMIUM_PATH', findChromium],
] as const)('%s that leads nowhere is named, with its value', async (variable, find) => {
  const environment = readDevEnvironment({ [variable]: '/nowhere/program' });
  await expect(find(environment, silent)).rejects.toThrow(
    new RegExp(`^${variable} is /nowhere/program, but no program is there: .* unset it\\.$`),
  );
});

test('a program that the environment names is taken before any other', async () => {
  const environment = readDevEnvironment({ TEMPORAL_CLI: process.execPath, PATH: '/usr/bin' });
  expect(await findTemporalCli(environment, silent)).toBe(process.execPath);
});

test('a port that is not one, and a port in use, are told', async () => {
  await expect(choosePorts(readDevEnvironment({ PORT: 'web' }), {})).rejects.toThrow(
    'PORT is "web", but a port is a number from 1 to 65535: change it.',
  );
  const port = await freePort();
  const server = createServer().listen(port, '127.0.0.1');
  await expect(choosePorts(readDevEnvironment({ PORT: String(port) }), {})).rejects.toThrow(
    `PORT is ${port}, but another program uses that port: set another one or unset it.`,
  );
  server.close();
});

test('ports are those of the last time where they are free', async () => {
  const first = await choosePorts(readDevEnvironment({}), {});
  expect(new Set(Object.values(first)).size).toBe(Object.keys(first).length);
  expect(await choosePorts(readDevEnvironment({}), first)).toEqual(first);
});

test('what two need at once is built by one of them', async () => {
  let builds = 0;
  const build = async (temporary: string) => {
    builds += 1;
    await writeFile(temporary, 'built');
  };
  const path = join(folder, 'bin', 'program');
  await Promise.all([buildOnce(path, silent, build), buildOnce(path, silent, build)]);
  expect(builds).toBe(1);
});

test('a build that fails leaves nothing behind and is tried again', async () => {
  const path = join(folder, 'failed');
  const failing = () => Promise.reject(new Error('no compiler'));
  await expect(buildOnce(path, silent, failing)).rejects.toThrow('no compiler');
  expect(await buildOnce(path, silent, (temporary) => writeFile(temporary, ''))).toBe(path);
});
