/**
 * Keeps the store in a file: a snapshot replaced by an atomic rename, and beside it a journal of
 * what changed since, appended before a request is answered. So a SIGKILL loses nothing that a
 * client was told; at worst the last line is torn, and that line was not answered yet.
 *
 * The journal is folded into a new snapshot in slices, while calls are answered: what changes
 * meanwhile goes into a second journal. Until the first is deleted all three are read in turn, and
 * give the same state whenever the process ended.
 */
import { appendFileSync, closeSync, existsSync, mkdirSync, openSync, readSync } from 'node:fs';
import { renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { Change, Store } from './store';

/** A journal is folded when it is as long as the snapshot: so folding costs as much as noting. */
const FOLD_AFTER_BYTES = 16 * 1024 * 1024;
/** No text may hold it all: Node's longest is half a gigabyte. */
const CHUNK_BYTES = 1024 * 1024;

export interface Journal {
  /** Writes what changed since the last call. */
  flush(): void;
  /** Folds the journal into the snapshot at once. */
  compact(): void;
}

export const NO_JOURNAL: Journal = { flush: () => undefined, compact: () => undefined };

export function openJournal(
  store: Store,
  dataFile: string,
  foldAfterBytes = FOLD_AFTER_BYTES,
): Journal {
  const partFile = `${dataFile}.part`;
  const journalFile = `${dataFile}.journal`;
  const nextJournalFile = `${dataFile}.journal.next`;
  mkdirSync(dirname(dataFile), { recursive: true });
  let journalBytes = 0;
  let snapshotBytes = 0;
  let folding: Generator<number> | null = null;

  /** The older journal goes first: what the newer one says must have the last word. */
  function finish(bytes: number, isNextFolded: boolean): void {
    renameSync(partFile, dataFile);
    rmSync(journalFile, { force: true });
    if (isNextFolded) rmSync(nextJournalFile, { force: true });
    else if (existsSync(nextJournalFile)) renameSync(nextJournalFile, journalFile);
    snapshotBytes = bytes;
    folding = null;
  }

  function compact(): void {
    folding?.return(0);
    store.takeChanges();
    let bytes = 0;
    for (bytes of written(partFile, store.everything())) continue;
    finish(bytes, true);
    journalBytes = 0;
  }

  function startFolding(): void {
    const slices = written(partFile, store.everything());
    folding = slices;
    journalBytes = 0;
    inSlices(slices, {
      isWanted: () => folding === slices,
      finish: (bytes) => finish(bytes, false),
      // Both journals stay, and the newer one is written on: the next start folds them.
      fail: (error) => console.error(`stripe-sandbox: ${dataFile} could not be folded:`, error),
    });
  }

  for (const file of [dataFile, journalFile, nextJournalFile]) store.load(read(file));
  compact();
  return {
    flush: () => {
      const changes = store.takeChanges();
      if (changes.length === 0) return;
      const text = lines(changes);
      appendFileSync(folding ? nextJournalFile : journalFile, text);
      journalBytes += text.length;
      if (!folding && journalBytes > Math.max(foldAfterBytes, snapshotBytes)) startFolding();
    },
    compact,
  };
}

interface Folding {
  isWanted: () => boolean;
  finish: (bytes: number) => void;
  fail: (error: unknown) => void;
}

/** Calls are answered between two slices. */
function inSlices(slices: Generator<number>, folding: Folding, bytes = 0): void {
  setImmediate(() => {
    if (!folding.isWanted()) return;
    try {
      const slice = slices.next();
      if (slice.done === true) folding.finish(bytes);
      else inSlices(slices, folding, slice.value);
    } catch (error) {
      folding.fail(error);
    }
  });
}

function lines(changes: readonly Change[]): string {
  return changes.map(line).join('');
}

const line = (change: Change): string => JSON.stringify(change) + '\n';

/** Gives after every chunk, and at the end, how many bytes it has written. */
function* written(file: string, changes: Iterable<Change>): Generator<number> {
  const descriptor = openSync(file, 'w');
  let bytes = 0;
  let text = '';
  const flush = (): void => {
    const chunk = Buffer.from(text);
    for (let from = 0; from < chunk.length;) from += writeSync(descriptor, chunk, from);
    bytes += chunk.length;
    text = '';
  };
  try {
    for (const change of changes) {
      text += line(change);
      if (text.length < CHUNK_BYTES) continue;
      flush();
      yield bytes;
    }
    flush();
    yield bytes;
  } finally {
    closeSync(descriptor);
  }
}

function* read(file: string): Generator<Change> {
  if (!existsSync(file)) return;
  let number = 0;
  let earlierError: Error | null = null;
  for (const text of textLines(file)) {
    // Only the last line may be torn: what follows it shows that it was not the last.
    if (earlierError) throw earlierError;
    number += 1;
    if (text === '') continue;
    try {
      yield JSON.parse(text) as Change;
    } catch (error) {
      earlierError = new Error(
        `${file} line ${number} is not JSON (${String(error)}). ` +
          'Delete the file to start with an empty sandbox.',
      );
    }
  }
}

function* textLines(file: string): Generator<string> {
  const descriptor = openSync(file, 'r');
  const decoder = new StringDecoder('utf8');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let rest = '';
  try {
    for (let size = 1; size > 0;) {
      size = readSync(descriptor, chunk);
      const pieces = (rest + decoder.write(chunk.subarray(0, size))).split('\n');
      rest = pieces.pop() ?? '';
      yield* pieces;
    }
    yield rest + decoder.end();
  } finally {
    closeSync(descriptor);
  }
}
