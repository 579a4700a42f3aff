/**
 * A spool on disk: numbered segment files of one usage event a line, appended to and never changed,
 * removed when all of their lines were acknowledged.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { SegmentFile } from './segment-file';
import { readCursor, recoverSegments, segmentPath, writeCursor } from './segment-recovery';
import type { Segment } from './segment-recovery';
import { lockSpool } from './spool-lock';
import { textOf } from './spool-store';
import type { SpooledBatch, SpoolStore } from './spool-store';

const SEGMENT_BYTES_MAX = 1024 * 1024;
/** One of so many segments is given up at once when the spool is full. */
const SEGMENTS_MIN = 8;
const LINE_END = 0x0a;

export interface DiskStoreOptions {
  readonly directory: string;
  readonly bytesMax: number;
  readonly torn: (text: string) => void;
}

/** Throws `spool_in_use`, and what the file system throws. */
export function createDiskStore(options: DiskStoreOptions): SpoolStore {
  return new DiskStore(options);
}

class DiskStore implements SpoolStore {
  readonly isDurable = true;
  private readonly directory: string;
  private readonly segmentBytes: number;
  private readonly lock;
  /** Oldest first; the last may be the one that is written to. */
  private segments: Segment[];
  private writer: SegmentFile | undefined;
  private nextNumber: number;

  constructor({ directory, bytesMax, torn }: DiskStoreOptions) {
    this.directory = directory;
    this.segmentBytes = Math.min(SEGMENT_BYTES_MAX, Math.ceil(bytesMax / SEGMENTS_MIN));
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.lock = lockSpool(directory);
    try {
      this.segments = recoverSegments(directory, torn);
    } catch (error) {
      this.lock.release();
      throw error;
    }
    // The number is above the cursor's, too, which must not be taken for one in a segment that came
    // later.
    const lastNumber = this.segments.at(-1)?.number ?? 0;
    this.nextNumber = Math.max(lastNumber, readCursor(directory).segment) + 1;
  }

  get bytes(): number {
    return this.segments.reduce((sum, { bytes, acknowledgedBytes }) => {
      return sum + bytes - acknowledgedBytes;
    }, 0);
  }

  get events(): number {
    return this.segments.reduce((sum, { events }) => sum + events, 0);
  }

  async append(lines: readonly string[]): Promise<void> {
    if (this.writer && this.writer.bytes >= this.segmentBytes) this.rotate();
    const writer = (this.writer ??= this.startSegment());
    const segment = this.segments.at(-1) as Segment;
    const sync = writer.append(textOf(lines));
    segment.bytes = writer.bytes;
    segment.events += lines.length;
    await sync;
  }

  oldest(eventsMax: number, bytesMax: number): SpooledBatch | undefined {
    const segment = this.segments.find(({ events }) => events > 0);
    if (!segment) return undefined;
    const { number, path, acknowledgedBytes } = segment;
    const data = readPart(path, acknowledgedBytes, segment.bytes);
    let bytes = 0;
    for (let count = 0; count < eventsMax; count += 1) {
      const end = data.indexOf(LINE_END, bytes) + 1;
      if (end === 0 || (count > 0 && end > bytesMax)) break;
      bytes = end;
    }
    const lines = linesOf(data.subarray(0, bytes));
    return { lines, segment: number, bytes };
  }

  acknowledge(batch: SpooledBatch): number {
    const segment = this.segments.find(({ number }) => number === batch.segment);
    if (!segment) return 0;
    segment.acknowledgedBytes += batch.bytes;
    segment.events -= batch.lines.length;
    writeCursor(this.directory, { segment: segment.number, bytes: segment.acknowledgedBytes });
    if (segment.events === 0 && !this.isWritten(segment)) this.remove(segment);
    return batch.lines.length;
  }

  dropOldest(): readonly string[] {
    const segment = this.segments.find(({ events }) => events > 0);
    if (!segment) return [];
    const lines = linesOf(readPart(segment.path, segment.acknowledgedBytes, segment.bytes));
    if (this.isWritten(segment)) this.rotate();
    this.remove(segment);
    return lines;
  }

  setAside(lines: readonly string[]): void {
    const file = openSync(join(this.directory, 'rejected.ndjson'), 'a', 0o600);
    try {
      writeSync(file, textOf(lines));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }

  async close(): Promise<void> {
    try {
      await this.writer?.retire();
      this.writer = undefined;
      for (const segment of this.segments.filter(({ events }) => events === 0))
        this.remove(segment);
    } finally {
      this.lock.release();
    }
  }

  private startSegment(): SegmentFile {
    const number = this.nextNumber;
    const path = segmentPath(this.directory, number);
    this.nextNumber += 1;
    const writer = new SegmentFile(path);
    this.segments.push({ number, path, bytes: 0, acknowledgedBytes: 0, events: 0 });
    return writer;
  }

  private rotate(): void {
    const segment = this.segments.at(-1) as Segment;
    void this.writer?.retire();
    this.writer = undefined;
    if (segment.events === 0) this.remove(segment);
  }

  private isWritten(segment: Segment): boolean {
    return this.writer?.path === segment.path;
  }

  private remove(segment: Segment): void {
    this.segments = this.segments.filter((otherSegment) => otherSegment !== segment);
    rmSync(segment.path, { force: true });
  }
}

function readPart(path: string, start: number, end: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const data = Buffer.alloc(end - start);
    return data.subarray(0, readSync(file, data, 0, data.length, start));
  } finally {
    closeSync(file);
  }
}

const linesOf = (data: Buffer): string[] => data.toString('utf8').split('\n').slice(0, -1);
