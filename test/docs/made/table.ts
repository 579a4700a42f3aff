/** Rows as a table of Markdown, in a form that prettier would leave alone. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** What prose would take for a tag, or a table for the end of a cell. */
export const prose = (text: string): string => text.replace(/[<|]/g, '\\$&');

export const code = (text: string): string => `\`${text}\``;
