/** Runs a tool that builds something, with a sign of life for the developer who waits. */
import { spawn } from 'node:child_process';
import type { Progress } from './cache';
import { endWithUs } from './processes/child-process';

const TAIL_LINES = 15;
const SIGN_OF_LIFE_MS = 15_000;

export interface BuildCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** What is being built, for the messages. */
  readonly what: string;
}

export async function runBuild(build: BuildCommand, progress: Progress): Promise<void> {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const timer = setInterval(
    () => progress(`${build.what}: still working, ${seconds()} s`),
    SIGN_OF_LIFE_MS,
  );
  let output = '';
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      const child = spawn(build.command, [...build.args], {
        cwd: build.cwd,
        env: build.env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      endWithUs(child);
      const keep = (chunk: Buffer) => {
        output = (output + chunk.toString('utf8')).slice(-20_000);
      };
      child.stdout.on('data', keep);
      child.stderr.on('data', keep);
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (code !== 0) throw new Error(`${build.what} failed (exit code ${code}):\n${tail(output)}`);
  } finally {
    clearInterval(timer);
  }
  progress(`${build.what}: done in ${seconds()} s`);
}

const tail = (text: string) => text.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
