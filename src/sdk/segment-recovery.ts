/** What an earlier process left in a spool's directory, repaired: whole lines, and where it was. */
import {
  appendFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const SEGMENT = /^(\d{12})\.ndjson$/;
const LINE_END = 0x0a;

export interface Segment {
  readonly number: number;
  readonly path: string;
  bytes: number;
  acknowledgedBytes: number;
  /** They are not acknowledged. */
  events: number;
}

/** How far everything was acknowledged. */
export interface Cursor {
  readonly segment: number;
  readonly bytes: number;
}

export const segmentPath = (directory: string, number: number): string =>
  join(directory, `${String(number).padStart(12, '0')}.ndjson`);

/** Oldest first. `torn` gets what a crash left half written, which nobody was promised. */
export function recoverSegments(directory: string, torn: (text: string) => void): Segment[] {
  const cursor = readCursor(directory);
  const numbers = readdirSync(directory)
    .map((name) => SEGMENT.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
  return numbers.flatMap((number) => {
    const path = segmentPath(directory, number);
    const data = repair(path, torn);
    const start = acknowledgedBytes(data, number, cursor);
    const events = data.subarray(start).filter((byte) => byte === LINE_END).length;
    if (events > 0) return [{ number, path, bytes: data.length, acknowledgedBytes: start, events }];
    rmSync(path);
    return [];
  });
}

/** A last line without its end is cut off, or ended if nothing but the end is missing. */
function repair(path: string, torn: (text: string) => void): Buffer {
  const data = readFileSync(path);
  const wholeBytes = data.lastIndexOf(LINE_END) + 1;
  if (wholeBytes === data.length) return data;
  const rest = data.subarray(wholeBytes).toString('utf8');
  if (isJson(rest)) {
    appendFileSync(path, '\n');
    return Buffer.concat([data, Buffer.from('\n')]);
  }
  truncateSync(path, wholeBytes);
  torn(rest);
  return data.subarray(0, wholeBytes);
}

function acknowledgedBytes(data: Buffer, number: number, cursor: Cursor): number {
  if (number !== cursor.segment) return number < cursor.segment ? data.length : 0;
  const bytes = Math.min(cursor.bytes, data.length);
  // The cursor is not between two lines: better send all again, as duplicates, than miss a part.
  return bytes === 0 || data[bytes - 1] === LINE_END ? bytes : 0;
}

const cursorPath = (directory: string) => join(directory, 'acknowledged');

export function readCursor(directory: string): Cursor {
  try {
    const [segment, bytes] = readFileSync(cursorPath(directory), 'utf8').trim().split(' ');
    const cursor = { segment: Number(segment), bytes: Number(bytes) };
    if (Number.isSafeInteger(cursor.segment) && Number.isSafeInteger(cursor.bytes)) return cursor;
  } catch {
    // There is none yet.
  }
  return { segment: 0, bytes: 0 };
}

/** It is not forced to the disk: an older cursor only sends duplicates. */
export function writeCursor(directory: string, cursor: Cursor): void {
  const draftPath = `${cursorPath(directory)}.new`;
  try {
    writeFileSync(draftPath, `${cursor.segment} ${cursor.bytes}\n`);
    renameSync(draftPath, cursorPath(directory));
  } catch {
    // The disk is full, for instance: the older one stays.
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
