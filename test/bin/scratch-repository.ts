/** A repository of its own that has the scripts, and what they read, of this one: no network. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const COPIED = [
  ...[
    'bin',
    'src/react',
    'src/sdk',
    'sdk/python',
    'package.json',
    'package-lock.json',
    'LICENSE',
    '.gitignore',
    '.npmrc',
  ],
  ...['tsconfig.json', 'tsconfig.sdk.json', 'Dockerfile', 'docker-compose.yml'],
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

  /** The same script as this repository has it, on this repository itself. */
  static inPlace(name: string, ...args: readonly string[]): Ran {
    return runIn(ROOT, process.execPath, [join('bin', name), ...args]);
  }

  /** Scripts find this instead of the machine's program of that name. */
  program(name: string, text: string): void {
    mkdirSync(join(this.folder, '.git', 'programs'), { recursive: true });
    writeFileSync(join(this.folder, '.git', 'programs', name), text, { mode: 0o755 });
  }

  private run(program: string, args: readonly string[]): Ran {
    const path = [join(this.folder, '.git', 'programs'), process.env.PATH].join(delimiter);
    return runIn(this.folder, program, args, { ...process.env, PATH: path });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function runIn(
  cwd: string,
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Ran {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
}
