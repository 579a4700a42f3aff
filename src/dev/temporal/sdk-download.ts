/**
 * The download that the SDK's own test library makes. It only exists as part of starting a server,
 * so that a short program starts one, ends it and leaves the file. It runs as a child, because a
 * download that a firewall swallows can only be given up by ending its process.
 */
import { spawn } from 'node:child_process';
import { chmod, copyFile, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** No byte within this time means that there will be none. */
const STALL_LIMIT_MS = 10_000;
const POLL_MS = 500;

export type DownloadKind = 'createLocal' | 'createTimeSkipping';

/** Whether the server could be downloaded to the path. */
export async function downloadBySdk(kind: DownloadKind, path: string): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'tollkeeper-download-'));
  const program = `
    const { TestWorkflowEnvironment } = require('@temporalio/testing');
    const executable = { type: 'cached-download', downloadDir: ${JSON.stringify(folder)} };
    TestWorkflowEnvironment.${kind}({ server: { executable } })
      .then((environment) => environment.teardown())
      .then(() => process.exit(0), () => process.exit(1));`;
  const child = spawn(process.execPath, ['-e', program], { cwd: __dirname, stdio: 'ignore' });
  try {
    const end = new Promise<boolean>((resolve) => {
      child.once('exit', (code) => resolve(code === 0));
      child.once('error', () => resolve(false));
    });
    if (!(await Promise.race([end, untilStalled(folder, end)]))) return false;
    const file = (await readdir(folder)).find((name) => name.includes('sdk-typescript'));
    if (!file) return false;
    await copyFile(join(folder, file), path);
    await chmod(path, 0o755);
    return true;
  } finally {
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
}

/** Resolves with false once the folder has not grown for the limit. */
async function untilStalled(folder: string, end: Promise<boolean>): Promise<boolean> {
  let isOver = false;
  void end.then(() => (isOver = true));
  let size = 0;
  for (let idleMs = 0; idleMs < STALL_LIMIT_MS && !isOver; idleMs += POLL_MS) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    const now = await sizeOf(folder);
    if (now > size) idleMs = 0;
    size = now;
  }
  return isOver ? end : false;
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        (file) => file.size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}
