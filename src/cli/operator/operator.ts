/** What the operator's commands have in common: connections, the workflow's word, and output. */
import Table from 'cli-table3';
import type { BillingUpdates } from '../../temporal/billing-updates';
import { isoSecond } from '../../core/period';
import type { Period } from '../../core/period';
import { createBillingStarter } from '../../temporal/signals';
import { createServices } from '../../processes/services';
import type { Services } from '../../processes/services';
import { createBillingUpdates } from '../../temporal/updates';
import { forTerminal, lineForTerminal } from '../terminal/terminal-text';
import { operatorConfig } from './operator-config';

export type OperatorDeps = Pick<Services, 'pool' | 'stripe' | 'temporal' | 'catalog'>;

/** A command that changes something asks the workflows, as the API asks them. */
export type ChangingDeps = OperatorDeps & { readonly updates: BillingUpdates };

export async function asOperator<T>(
  work: (deps: ChangingDeps & Pick<Services, 'config'>) => Promise<T>,
): Promise<T> {
  const services = await createServices(await operatorConfig());
  const updates = createBillingUpdates(services.temporal, createBillingStarter(services));
  try {
    return await work({ ...services, updates });
  } finally {
    await services.close();
  }
}

/**
 * Plain text: it is read on terminals, in logs and in mails alike. Where a terminal is too narrow
 * the frame is left out; where that is not enough, each row is a list of names and values.
 */
export function plainTable(
  head: readonly string[],
  cells: readonly (readonly string[])[],
  leftColumns: number,
  terminalColumns: number = process.stdout.columns ?? Infinity,
): string {
  const rows = cells.map((row) => row.map(lineForTerminal));
  const tables = [{}, WITHOUT_FRAME].map((frame) => {
    const table = new Table({
      head: [...head],
      style: { head: [], border: [], compact: true, ...(frame === WITHOUT_FRAME && NO_PADDING) },
      colAligns: head.map((_, index) => (index < leftColumns ? 'left' : 'right')),
      chars: frame,
    });
    table.push(...rows);
    return table.toString();
  });
  const fits = (text: string) => text.split('\n').every(({ length }) => length <= terminalColumns);
  const lists = rows.map((row) =>
    plainList(head.map((name, index) => [name, row[index]] as const)),
  );
  return tables.find(fits) ?? `\n${lists.join('\n\n')}\n`;
}

const EDGES = ['top', 'bottom', 'left', 'right', 'mid'];
const CORNERS = ['top-mid', 'top-left', 'top-right', 'bottom-mid', 'bottom-left', 'bottom-right'];
const CROSSINGS = ['left-mid', 'mid-mid', 'right-mid'];
const WITHOUT_FRAME = {
  ...Object.fromEntries([...EDGES, ...CORNERS, ...CROSSINGS].map((name) => [name, ''])),
  middle: '  ',
};
const NO_PADDING = { 'padding-left': 0, 'padding-right': 0 };

/** Names and values, one a line. */
export function plainList(rows: readonly (readonly [string, string | null | undefined])[]): string {
  const filledRows = rows.filter(
    ([, value]) => value !== null && value !== undefined && value !== '',
  );
  const width = Math.max(...filledRows.map(([name]) => name.length));
  return filledRows
    .map(([name, value]) => `${name.padEnd(width)}  ${lineForTerminal(String(value))}`)
    .join('\n');
}

/** Tables show times to the minute, in UTC. */
export const minute = (iso: string): string => iso.slice(0, 16).replace('T', ' ');

export const span = ({ start, end }: Period): string => `${isoSecond(start)} – ${isoSecond(end)}`;

export interface OutputOptions {
  /** One JSON object on stdout instead of text. */
  readonly json?: boolean;
}

export function print<T>(result: T, toText: (result: T) => string, { json }: OutputOptions): void {
  console.log(forTerminal(json ? JSON.stringify(result) : toText(result)));
}
