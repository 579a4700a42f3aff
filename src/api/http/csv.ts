/** CSV as RFC 4180 has it, that no spreadsheet runs. */

/** A number is written as it is, also a negative one; null is an empty cell. */
export type CsvCell = string | number | null;

export function csvOf(head: readonly string[], rows: readonly (readonly CsvCell[])[]): string {
  return [head, ...rows].map(csvRow).join('');
}

export const csvRow = (row: readonly CsvCell[]): string => `${row.map(field).join(',')}\r\n`;

function field(cell: CsvCell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  // A leading = + - @ would be run as a formula by a spreadsheet.
  const harmlessCell = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(harmlessCell) ? `"${harmlessCell.replaceAll('"', '""')}"` : harmlessCell;
}
