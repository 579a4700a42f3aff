/** One append-only file of the spool, with one fsync for all appends that wait for it. */
import { closeSync, fdatasync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const syncData = promisify(fdatasync);

export class SegmentFile {
  bytes = 0;
  private readonly file: number;
  private waiting: {
    promise: Promise<void>;
    resolve(): void;
    reject(error: unknown): void;
  } | null = null;
  private isSyncing = false;
  private isNameSynced = false;
  private isRetired = false;

  constructor(readonly path: string) {
    this.file = openSync(path, 'ax', 0o600);
  }

  /** Written when this returns; resolves when it is on the disk. Throws if it can't be written. */
  append(text: string): Promise<void> {
    const data = Buffer.from(text);
    try {
      let writtenBytes = 0;
      while (writtenBytes < data.length) writtenBytes += writeSync(this.file, data, writtenBytes);
    } catch (error) {
      // Half of it must not stand before what comes next.
      ftruncateSync(this.file, this.bytes);
      throw error;
    }
    this.bytes += data.length;
    return this.synced();
  }

  /** No more appends: closed when the last is on the disk. */
  async retire(): Promise<void> {
    if (this.isRetired) return;
    this.isRetired = true;
    // Who waits for it is told of a failure.
    if (this.isSyncing) await this.synced().catch(() => undefined);
    closeSync(this.file);
  }

  private synced(): Promise<void> {
    this.waiting ??= deferred();
    const { promise } = this.waiting;
    if (!this.isSyncing) void this.syncWhileAwaited();
    return promise;
  }

  private async syncWhileAwaited(): Promise<void> {
    this.isSyncing = true;
    // What is appended in the same turn of the event loop shares the first fsync already.
    await Promise.resolve();
    while (this.waiting) {
      const { resolve, reject } = this.waiting;
      this.waiting = null;
      await this.sync().then(resolve, reject);
    }
    this.isSyncing = false;
  }

  private async sync(): Promise<void> {
    await syncData(this.file);
    if (this.isNameSynced) return;
    await syncFolder(dirname(this.path));
    this.isNameSynced = true;
  }
}

function deferred() {
  let resolve!: () => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<void>((settle, fail) => {
    resolve = settle;
    reject = fail;
  });
  return { promise, resolve, reject };
}

/** A new file's name must be on the disk too. Windows has no such thing. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
