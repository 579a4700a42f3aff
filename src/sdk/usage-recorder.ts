/** Records usage durably: into a spool first, and from there to whoever takes it in. */
import { createDiskStore } from './disk-store';
import { createMemoryStore } from './memory-store';
import { Sender } from './sender';
import { Spool } from './spool';
import type { WhenFull } from './spool';
import { messageOf, TollkeeperError } from './tollkeeper-error';
import type { OnError } from './tollkeeper-error';
import type { UsageApi } from './usage-api';
import type { NewUsageEvent, UsageEvent } from './usage-event';
import { completeUsageEvent } from './complete-usage-event';

const SPOOL_BYTES_MAX = 64 * 1024 * 1024;
const GATHER_MS = 200;
const RETRY_MS_MIN = 250;
const RETRY_MS_MAX = 60_000;
const CLOSE_MS = 5_000;
/** A provider's clock that is further off is not believed. */
const CREATED_AHEAD_MS_MAX = 60_000;
const CREATED_AGO_MS_MAX = 86_400_000;

export interface SpoolLimits {
  /** Bytes of usage that was not acknowledged yet. Default: 64 MiB, about 250,000 usage events. */
  readonly maxBytes?: number;
  /** Default: `block`. */
  readonly whenFull?: WhenFull;
}

export interface RecorderOptions {
  /**
   * Usage waits there until the API has acknowledged it. In a directory, one for each process, it
   * survives the end of the process and of the machine's power; in `memory` it survives outages of
   * the API only. Default: `memory`.
   */
  readonly spool?: 'memory' | ({ readonly directory: string } & SpoolLimits) | SpoolLimits;
  /** It is told what went wrong in the background. Default: `process.emitWarning`. */
  readonly onError?: OnError;
  /** Milliseconds that a usage event waits for others to be sent with it. Default: 200. */
  readonly gatherMs?: number;
  /** Milliseconds between attempts: doubled from `min` to `max`. Default: 250 and 60,000. */
  readonly retryMs?: { readonly min: number; readonly max: number };
  /** The time of usage that says none, for customers on a test clock. */
  readonly now?: () => Date;
}

export class UsageRecorder {
  private readonly spool: Spool;
  private readonly sender: Sender;
  private readonly now: () => Date;
  private readonly onError: OnError;
  private readonly held = new Set<Promise<void>>();
  private readonly endings = new Set<() => void>();
  private closing: Promise<void> | undefined;

  /** Throws `spool_in_use` or `spool_failed`. What an earlier process left is sent at once. */
  constructor(api: Pick<UsageApi, 'send'>, options: RecorderOptions) {
    this.now = options.now ?? (() => new Date());
    this.onError = safely(options.onError ?? ((error) => process.emitWarning(error)));
    this.spool = this.openSpool(options.spool ?? 'memory');
    this.sender = new Sender({
      spool: this.spool,
      api,
      onError: this.onError,
      gatherMs: options.gatherMs ?? GATHER_MS,
      retryMsMin: options.retryMs?.min ?? RETRY_MS_MIN,
      retryMsMax: options.retryMs?.max ?? RETRY_MS_MAX,
      now: () => new Date(),
    });
    if (this.spool.addedEvents > 0) this.sender.wake();
  }

  /** These are not acknowledged yet. */
  get waitingEvents(): number {
    return this.spool.addedEvents - this.spool.removedEvents;
  }

  /**
   * Takes one usage event or several. Written to the spool when this returns, and on the disk (by
   * an fsync that all who wait share) when it resolves; sent in the background. Rejects with
   * `invalid_usage_event`, `spool_full`, `spool_failed` or `closed`: then nothing was recorded.
   */
  async recordUsage(events: NewUsageEvent | readonly NewUsageEvent[]): Promise<void> {
    const newEvents = Array.isArray(events)
      ? (events as NewUsageEvent[])
      : [events as NewUsageEvent];
    const lines = newEvents.map((event) => JSON.stringify(completeUsageEvent(event, this.now())));
    if (lines.length > 0) await this.spool.add(lines);
  }

  /** Resolves when the API has acknowledged what was recorded so far; else `flush_timeout`. */
  async flush({ timeoutMs }: { timeoutMs?: number } = {}): Promise<void> {
    const flushed =
      this.held.size === 0
        ? this.sender.flush()
        : Promise.allSettled(this.held).then(() => this.sender.flush());
    if (timeoutMs === undefined) return flushed;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
      const message = `Usage was not acknowledged within ${timeoutMs} ms; it is sent later.`;
      const error = new TollkeeperError('flush_timeout', message);
      timer = setTimeout(() => reject(error), timeoutMs);
    });
    return Promise.race([flushed, timeout]).finally(() => clearTimeout(timer));
  }

  /**
   * Sends what it can within `timeoutMs` (default: 5,000), then lets the spool go. What is on disk
   * is sent by the next client of the directory; what is in memory only is told as lost.
   */
  close({ timeoutMs = CLOSE_MS }: { timeoutMs?: number } = {}): Promise<void> {
    this.closing ??= this.end(timeoutMs);
    return this.closing;
  }

  /** What meters calls is about to record something: neither `flush` nor `close` ends before. */
  hold(wait: Promise<void>): void {
    this.held.add(wait);
    const done = () => void this.held.delete(wait);
    wait.then(done, done);
  }

  /** What meters calls records what it still knows of when the recorder is closed. */
  beforeClose(end: () => void): void {
    this.endings.add(end);
  }

  /** What meters calls tells `onError` by it. */
  report(error: TollkeeperError): void {
    this.onError(error);
  }

  /**
   * What meters calls asks for the provider's own time of a response (Unix seconds), which is the
   * same however often it is read, if that can be; else it is now.
   */
  timeOf(createdAt: number | undefined): Date {
    const now = this.now();
    const agoMs = createdAt === undefined ? Infinity : now.getTime() - createdAt * 1000;
    const isLikely = agoMs > -CREATED_AHEAD_MS_MAX && agoMs < CREATED_AGO_MS_MAX;
    return isLikely ? new Date((createdAt as number) * 1000) : now;
  }

  private async end(timeoutMs: number): Promise<void> {
    for (const end of this.endings) end();
    await this.flush({ timeoutMs }).catch(() => undefined);
    await this.sender.stop();
    const lostLines = await this.spool.close();
    if (lostLines.length > 0)
      this.lose('unsent_at_close', 'never acknowledged, and kept in memory only', lostLines);
  }

  private openSpool(spool: NonNullable<RecorderOptions['spool']>): Spool {
    const limits: SpoolLimits = spool === 'memory' ? {} : spool;
    const bytesMax = limits.maxBytes ?? SPOOL_BYTES_MAX;
    const directory = typeof spool === 'object' && 'directory' in spool ? spool.directory : null;
    return new Spool({
      store: directory === null ? createMemoryStore() : this.openDisk(directory, bytesMax),
      bytesMax,
      whenFull: limits.whenFull ?? 'block',
      dropped: (lines) => this.lose('spool_dropped', 'given up because the spool is full', lines),
      added: () => this.sender.wake(),
    });
  }

  private openDisk(directory: string, bytesMax: number) {
    const torn = (text: string) => {
      const message = `A crash left ${text.length} characters of a line in ${directory}: cut off.`;
      this.onError(new TollkeeperError('spool_torn', message));
    };
    try {
      return createDiskStore({ directory, bytesMax, torn });
    } catch (cause) {
      if (cause instanceof TollkeeperError) throw cause;
      const message = `The spool ${directory} can't be used: ${messageOf(cause)}.`;
      throw new TollkeeperError('spool_failed', message, { cause });
    }
  }

  private lose(
    code: 'spool_dropped' | 'unsent_at_close',
    reason: string,
    lines: readonly string[],
  ) {
    const events = lines.flatMap(parsedEvent);
    const message = `${lines.length} usage event(s) are lost: ${reason}.`;
    this.onError(new TollkeeperError(code, message, { events }));
  }
}

/** None for what a disk has garbled. */
function parsedEvent(line: string): UsageEvent[] {
  try {
    return [JSON.parse(line) as UsageEvent];
  } catch {
    return [];
  }
}

/** An app's handler that throws must not stop the sender. */
const safely =
  (onError: OnError): OnError =>
  (error) => {
    try {
      onError(error);
    } catch (cause) {
      process.emitWarning(`onError of TollkeeperClient threw: ${messageOf(cause)}`);
    }
  };
