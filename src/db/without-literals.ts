/** Statements as they may be shown: what somebody wrote into them may be anybody's data. */

const SHOWN_MAX = 120;

/** What begins first decides what follows: a quote within a comment is none. Any may be cut off. */
const PARTS = new RegExp(
  [
    String.raw`(?:--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))`,
    String.raw`(?:"[^"]*(?:"|$))`,
    String.raw`(?<dollar>\$[A-Za-z_]*\$)[\s\S]*?(?:\k<dollar>|$)`,
    String.raw`\bE'(?:[^'\\]|''|\\[\s\S])*(?:'|$)`,
    String.raw`(?:\b[BXN])?'(?:[^']|'')*(?:'|$)`,
    String.raw`(?<![\w$])\d[\w.]*`,
  ].join('|'),
  'gi',
);

/** The start of the statement on one line, with a question mark for each literal. */
export function withoutLiterals(statement: string): string {
  const shown = statement.replace(PARTS, (part: string) => {
    if (part.startsWith('"')) return part;
    return part.startsWith('--') || part.startsWith('/*') ? ' ' : '?';
  });
  return shown.replace(/\s+/g, ' ').trim().slice(0, SHOWN_MAX);
}
