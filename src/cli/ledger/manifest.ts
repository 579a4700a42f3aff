/** What an archive of a month says of itself, in a file beside its rows. */
import { createHash } from 'node:crypto';
import { z } from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().nonnegative();

export const manifestSchema = z.strictObject({
  format: z.literal('tollkeeper-ledger-1'),
  partition: z.string().regex(/^usage_events_[0-9a-z_]+$/),
  /** Postgres' texts of times in UTC, [starts, ends). */
  starts: z.string(),
  ends: z.string(),
  columns: z.array(z.strictObject({ name: z.string(), type: z.string() })),
  file: z.string().regex(/^[\w.-]+$/),
  bytes: count,
  /** It is of the file as it is, compressed. */
  sha256,
  /** It is of the rows' lines alone, without the line of names. */
  rowsSha256: sha256,
  rows: count,
  /** Whole tokens, by column. */
  tokens: z.record(z.string(), z.string().regex(/^-?\d+$/)),
  firstRecordedAt: z.string().nullable(),
  lastRecordedAt: z.string().nullable(),
  /**
   * Each is a member of the gzip file, and whole lines of customers in the order of their bytes.
   */
  chunks: z.array(
    z.strictObject({
      ...{ offset: count, bytes: count, textBytes: count, rows: count, sha256 },
      ...{ firstCustomer: z.string(), lastCustomer: z.string() },
    }),
  ),
  exportedAt: z.string(),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type Chunk = Manifest['chunks'][number];

export const manifestFile = (partition: string): string => `${partition}.manifest.json`;
export const rowsFile = (partition: string): string => `${partition}.csv.gz`;

export const sha256Of = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex');

/** It is the order that texts have at Postgres by `collate "C"`. */
export const compareBytes = (a: string, b: string): number =>
  Buffer.compare(Buffer.from(a), Buffer.from(b));
