/** How long a file may be, how it is named and begins, and what may stand in none. */
import { basename } from 'node:path';
import type { SourceFile } from './source-file';
import { isTypeScript } from './source-file';

const LINES_MAX = 250;
const COLUMNS_MAX = 100;
/** A line with a text in it that can't be broken well (a test's name, a message) may be longer. */
const COLUMNS_MAX_WITH_TEXT = 125;
const BANNED_NAMES = ['utils', 'helpers', 'types', 'common', 'main', 'lib', 'service', 'shared'];

/** The rules' own examples must not break the rules. */
const isRule = (path: string) => path.startsWith('test/architecture/');

/** Unfinished work, and names of package hosts, in any file, comments included. */
const UNFINISHED = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME'].join('|')})\\b`);
const REGISTRY = new RegExp(
  [
    String.raw`registry\.(npmjs|yarnpkg)\.`,
    String.raw`\bproxy\.golang\.org`,
    String.raw`\brepo1?\.maven`,
    String.raw`\bpypi\.org`,
    String.raw`\btemporal\.download`,
  ].join('|'),
);

export function untidiness({ path, text }: SourceFile): string[] {
  const faults: string[] = [];
  const lines = text.trimEnd().split('\n');
  const isCode = /\.(tsx?|js)$/.test(path);
  if (isCode && lines.length > LINES_MAX) {
    faults.push(`${path} has ${lines.length} lines: ${LINES_MAX} is the most`);
  }
  lines.forEach((line, index) => {
    const { length } = [...line];
    const hasText = /^[^/*]*(['"`]).{20,}/.test(line);
    const most = hasText ? COLUMNS_MAX_WITH_TEXT : COLUMNS_MAX;
    if (isCode && length > most) {
      faults.push(`${path}:${index + 1} has ${length} columns: ${most} is the most`);
    }
  });
  const name = basename(path).replace(/\.[^.]+$/, '');
  if (BANNED_NAMES.includes(name)) faults.push(`${path} has a name that says nothing`);
  if (isCode && !/^[a-z0-9]+([-.][a-z0-9]+)*$/.test(name)) {
    faults.push(`${path} is not named in kebab-case`);
  }
  if (!isRule(path) && UNFINISHED.test(text)) faults.push(`${path} is marked as unfinished`);
  if (!isRule(path) && REGISTRY.test(text)) faults.push(`${path} names the host of a registry`);
  if (isTypeScript({ path, text }) && !/^(#!.*\n)?\/(\*\*|\/)/.test(text)) {
    faults.push(`${path} does not begin with a comment that says what it owns`);
  }
  return faults;
}
