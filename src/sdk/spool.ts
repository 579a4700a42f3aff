/** The bounded queue of usage events that the API has not acknowledged, over a store. */
import type { SpooledBatch, SpoolStore } from './spool-store';
import { textOf } from './spool-store';
import { messageOf, TollkeeperError } from './tollkeeper-error';

/**
 * What `recordUsage` does when the spool is full: `block` waits until there is room, `drop_oldest`
 * loses the oldest and says so to `onError`, `reject` throws `spool_full`.
 */
export type WhenFull = 'block' | 'drop_oldest' | 'reject';

export interface SpoolOptions {
  readonly store: SpoolStore;
  readonly bytesMax: number;
  readonly whenFull: WhenFull;
  readonly dropped: (lines: readonly string[]) => void;
  /** There is something to send. */
  readonly added: () => void;
}

interface Waiting {
  readonly lines: readonly string[];
  resolve(append: Promise<void>): void;
  reject(error: unknown): void;
}

export class Spool {
  /** It counts since the start; what was there before counts as added. */
  addedEvents: number;
  removedEvents = 0;
  private waiting: Waiting[] = [];
  private isClosed = false;

  constructor(private readonly options: SpoolOptions) {
    this.addedEvents = options.store.events;
  }

  get isDurable(): boolean {
    return this.options.store.isDurable;
  }

  /** Written when this returns, unless it has to wait for room; durable when it resolves. */
  add(lines: readonly string[]): Promise<void> {
    if (this.isClosed) return Promise.reject(closedError());
    const { bytesMax, whenFull } = this.options;
    const bytes = Buffer.byteLength(textOf(lines));
    if (bytes > bytesMax)
      return Promise.reject(
        fullError(`${bytes} bytes at once are more than the spool's ${bytesMax}`),
      );
    if (this.waiting.length === 0 && this.hasRoom(lines)) return this.append(lines);
    if (whenFull === 'reject')
      return Promise.reject(fullError(`it has its ${bytesMax} bytes of usage not sent yet`));
    if (whenFull === 'block')
      return new Promise((resolve, reject) => this.waiting.push({ lines, resolve, reject }));
    while (!this.hasRoom(lines)) this.removed(this.dropOldest());
    return this.append(lines);
  }

  oldest(eventsMax: number, bytesMax: number): SpooledBatch | undefined {
    return this.options.store.oldest(eventsMax, bytesMax);
  }

  acknowledge(batch: SpooledBatch): void {
    this.removed(this.options.store.acknowledge(batch));
  }

  setAside(lines: readonly string[]): void {
    this.options.store.setAside(lines);
  }

  /** What is still waiting for room is refused. What is in memory only comes back, as lost. */
  async close(): Promise<readonly string[]> {
    this.isClosed = true;
    for (const { reject } of this.waiting.splice(0)) reject(closedError());
    const { store } = this.options;
    const lostLines: string[] = [];
    while (!store.isDurable && store.events > 0) lostLines.push(...store.dropOldest());
    await store.close();
    return lostLines;
  }

  private hasRoom(lines: readonly string[]): boolean {
    const { store, bytesMax } = this.options;
    return store.events === 0 || store.bytes + Buffer.byteLength(textOf(lines)) <= bytesMax;
  }

  private async append(lines: readonly string[]): Promise<void> {
    const { store } = this.options;
    const eventsBefore = store.events;
    try {
      const write = store.append(lines);
      this.addedEvents += store.events - eventsBefore;
      this.options.added();
      await write;
    } catch (cause) {
      const message = `The spool can't be written: ${messageOf(cause)}.`;
      throw new TollkeeperError('spool_failed', message, { cause });
    }
  }

  private dropOldest(): number {
    const lines = this.options.store.dropOldest();
    this.options.dropped(lines);
    return lines.length;
  }

  private removed(events: number): void {
    this.removedEvents += events;
    while (this.waiting[0] && this.hasRoom(this.waiting[0].lines)) {
      const { lines, resolve } = this.waiting.shift() as Waiting;
      resolve(this.append(lines));
    }
  }
}

const fullError = (reason: string) =>
  new TollkeeperError('spool_full', `The spool can't take the usage: ${reason}.`);

const closedError = () => new TollkeeperError('closed', 'The TollkeeperClient was closed.');
