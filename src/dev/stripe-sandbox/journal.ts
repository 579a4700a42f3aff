/**
 * Keeps the store in a file: a snapshot replaced by an atomic rename, and beside it a journal of
 * what changed since, appended before a request is answered. So a SIGKILL loses nothing that a
 * client was told; at worst the last line is torn, and that line was not answered yet.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Change, Store } from './store';

const COMPACT_AFTER_BYTES = 16 * 1024 * 1024;

export interface Journal {
  /** Writes what changed since the last call. */
  flush(): void;
  /** Folds the journal into the snapshot. */
  compact(): void;
}

export const NO_JOURNAL: Journal = { flush: () => undefined, compact: () => undefined };

export function openJournal(store: Store, dataFile: string): Journal {
  const journalFile = `${dataFile}.journal`;
  mkdirSync(dirname(dataFile), { recursive: true });
  let journalBytes = 0;

  function compact(): void {
    store.takeChanges();
    const partFile = `${dataFile}.part`;
    writeFileSync(partFile, lines(store.everything()));
    renameSync(partFile, dataFile);
    rmSync(journalFile, { force: true });
    journalBytes = 0;
  }

  store.load(read(dataFile));
  store.load(read(journalFile));
  compact();
  return {
    flush: () => {
      const changes = store.takeChanges();
      if (changes.length === 0) return;
      const text = lines(changes);
      appendFileSync(journalFile, text);
      journalBytes += text.length;
      if (journalBytes > COMPACT_AFTER_BYTES) compact();
    },
    compact,
  };
}

function lines(changes: readonly Change[]): string {
  return changes.map((change) => JSON.stringify(change) + '\n').join('');
}

function* read(file: string): Generator<Change> {
  if (!existsSync(file)) return;
  const texts = readFileSync(file, 'utf8').split('\n');
  for (const [index, text] of texts.entries()) {
    if (text === '') continue;
    try {
      yield JSON.parse(text) as Change;
    } catch (error) {
      const isTornLastLine = index === texts.length - 1;
      if (!isTornLastLine) {
        throw new Error(
          `${file} line ${index + 1} is not JSON (${String(error)}). ` +
            'Delete the file to start with an empty sandbox.',
        );
      }
    }
  }
}
