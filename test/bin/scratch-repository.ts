/** A repository of its own that has the scripts, and what they read, of this one: no network. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const COPIED = [
  ...['bin', 'src/sdk', 'package.json', 'package-lock.json', 'LICENSE', '.gitignore'],
  ...['tsconfig.json', 'tsconfig.sdk.json'],
];

export interface Ran {
  readonly status: number | null;
  readonly output: string;
}

export class ScratchRepository {
  readonly folder = mkdtempSync(join(tmpdir(), 'tollkeeper-repository-'));

  constructor(files: Readonly<Record<string, string>>) {
    for (const path of COPIED)
      cpSync(join(ROOT, path), join(this.folder, path), { recursive: true });
    for (const [path, text] of Object.entries(files)) this.write(path, text);
    this.git('init', '--quiet', '--initial-branch', 'main');
    this.git('config', 'user.name', 'A Tester');
    this.git('config', 'user.email', 'tester@example.com');
    this.git('config', 'commit.gpgsign', 'false');
    this.git('config', 'tag.gpgsign', 'false');
    symlinkSync(join(ROOT, 'node_modules'), join(this.folder, 'node_modules'), 'junction');
    this.write('.git/info/exclude', 'node_modules\n');
    this.commit('The beginning');
  }

  write(path: string, text: string): void {
    writeFileSync(join(this.folder, path), text);
  }

  git(...args: readonly string[]): string {
    const { status, output } = this.run('git', args);
    if (status !== 0) throw new Error(`git ${args.join(' ')} failed: ${output}`);
    return output.trim();
  }

  commit(subject: string): void {
    this.git('add', '--all');
    this.git('commit', '--quiet', '--allow-empty', '--message', subject);
  }

  script(name: string, ...args: readonly string[]): Ran {
    return this.run(process.execPath, [join('bin', name), ...args]);
  }

  private run(program: string, args: readonly string[]): Ran {
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd: this.folder,
      encoding: 'utf8',
    });
    return { status, output: `${stdout}${stderr}` };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
