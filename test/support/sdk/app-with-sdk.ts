/** A folder outside of this repository that has the built SDK installed, as an app would. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export const ROOT = join(__dirname, '..', '..', '..');

/** Besides it, packages of ours by name. */
export function appWithSdk(packages: readonly string[]): string {
  const app = mkdtempSync(join(tmpdir(), 'tollkeeper-app-'));
  for (const name of packages) {
    const link = join(app, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), link);
  }
  const args = [join(ROOT, 'bin', 'build-sdk.js'), join(app, 'node_modules', 'tollkeeper')];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`The SDK can't be built: ${stdout}${stderr}`);
  return app;
}

/** Runs Node in the app, and answers what it prints. Throws with that where it failed. */
export function runIn(app: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: app,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`node ${args.join(' ')} failed: ${stdout}${stderr}`);
  return stdout.trim();
}
