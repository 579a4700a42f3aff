/**
 * Rows of a table as lines of CSV, as Postgres' `copy … csv` reads and writes them: nothing at all
 * is null, and an empty text is `""`.
 */

export type ArchivedRow = readonly (string | null)[];

const QUOTED = /^$|[",\n\r]/;

const cell = (value: string | null): string => {
  if (value === null) return '';
  return QUOTED.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
};

/** A row of one column that is null would be an empty line: rows of the ledger have many. */
export const csvLine = (row: ArchivedRow): string => `${row.map(cell).join(',')}\n`;

/** It matches one cell and what ends it. */
const CELL = /(?:"([^"]*(?:""[^"]*)*)"|([^",\n]*))(,|\n)/y;

/** Whole lines; throws an Error that says where a line is none. */
export function* csvRows(text: string): Generator<ArchivedRow> {
  let row: (string | null)[] = [];
  for (let at = 0; at < text.length;) {
    CELL.lastIndex = at;
    const match = CELL.exec(text);
    if (!match) throw new Error(`no CSV at ${at}: ${JSON.stringify(text.slice(at, at + 40))}`);
    const [whole, quotedText, bareText = '', end] = match;
    row.push(quotedText === undefined ? bareText || null : quotedText.replaceAll('""', '"'));
    at += whole.length;
    if (end === ',') continue;
    yield row;
    row = [];
  }
  if (row.length > 0) throw new Error('the CSV ends within a line');
}
