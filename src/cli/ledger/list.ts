/** `tollkeeper ledger list`: the partitions of the ledger, and what lies in archives. */
import { monthOfPartition } from '../../core/archive/archive-month';
import { grouped } from '../../core/grouped';
import { listParts } from '../../db/partitions/part-list';
import type { ListedPart } from '../../db/partitions/part-list';
import { plainTable, print } from '../operator/operator';
import type { OutputOptions } from '../operator/operator';
import { asOwner } from './as-owner';

export async function listLedger(options: OutputOptions): Promise<void> {
  const parts = await asOwner(listParts);
  print({ partitions: parts }, ({ partitions }) => partsText(partitions), options);
}

const mebibytes = (bytes: number): string => grouped(Math.round(bytes / 1024 / 1024));

export function partsText(parts: readonly ListedPart[]): string {
  const rows = parts.map(({ name, state, starts, ends, events, bytes, indexBytes }) => [
    ...[monthOfPartition(name), state, starts.slice(0, 10), ends.slice(0, 10)],
    events === null ? '?' : grouped(events),
    ...[mebibytes(bytes), mebibytes(indexBytes)],
  ]);
  const head = ['month', 'state', 'from', 'until', 'events', 'MiB', 'of it indexes'];
  return plainTable(head, rows, 4);
}
