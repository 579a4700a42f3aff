/**
 * Which documents are made from the code, whole or between two marks, and how they read now.
 * `npm run docs` writes them; a test compares.
 */
import { apiReference } from '../../src/cli/openapi/openapi';
import { commandsText } from './made/commands';
import { decisionsText } from './made/decisions';
import { environmentText } from './made/environment';
import { importsText } from './made/imports';

export interface Generated {
  readonly path: string;
  /** The document as it should read, from what it reads now. */
  updated(text: string): string;
}

const BEGIN = '<!-- made by `npm run docs` -->\n\n<!-- prettier-ignore-start -->\n';
const END = '\n<!-- prettier-ignore-end -->';

/** What is between the marks is replaced; what people wrote around them stays. */
export function withMade(text: string, made: string): string {
  const start = text.indexOf(BEGIN);
  const end = text.indexOf(END, start);
  if (start < 0 || end < 0) throw new Error(`The text lacks the marks ${BEGIN}…${END}`);
  return `${text.slice(0, start + BEGIN.length)}\n${made}\n${text.slice(end)}`;
}

const between = (path: string, made: () => string): Generated => ({
  path,
  updated: (text) => withMade(text, made()),
});

export const GENERATED: readonly Generated[] = [
  { path: 'docs/reference/api.md', updated: apiReference },
  between('docs/reference/commands.md', commandsText),
  between('docs/reference/environment.md', environmentText),
  between('docs/explain/architecture.md', importsText),
  between('docs/explain/decisions/README.md', decisionsText),
];
