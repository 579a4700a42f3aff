/** Sends what is spooled, in order and in batches, until the API has acknowledged it. */
import { randomInt } from 'node:crypto';
import type { Spool } from './spool';
import type { SpooledBatch } from './spool-store';
import { messageOf, TollkeeperError } from './tollkeeper-error';
import type { OnError, Rejection } from './tollkeeper-error';
import type { SendOutcome, UsageApi, UsageResult } from './usage-api';

/** The API takes so many usage events, and 2 MiB, a request. */
const EVENTS_MAX = 1_000;
const BYTES_MAX = 1_500_000;
/** A wait that the API asks for is honoured up to here. */
const RETRY_AFTER_MS_MAX = 3_600_000;

export interface SenderOptions {
  readonly spool: Spool;
  readonly api: Pick<UsageApi, 'send'>;
  readonly onError: OnError;
  /** How long a first usage event waits for others to be sent with it. */
  readonly gatherMs: number;
  readonly retryMsMin: number;
  readonly retryMsMax: number;
  readonly now: () => Date;
}

export class Sender {
  private eventsMax = EVENTS_MAX;
  private failures = 0;
  private isRunning = false;
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();
  private pausing: NodeJS.Timeout | undefined;
  private endPause: (() => void) | undefined;
  private flushers: { readonly until: number; resolve(): void }[] = [];

  constructor(private readonly options: SenderOptions) {}

  /** There is something to send. */
  wake(): void {
    if (this.isRunning || this.stopping.signal.aborted) return;
    this.isRunning = true;
    this.running = this.run();
  }

  /** Resolves when what is spooled by now was acknowledged. A wait for the API is not cut short. */
  async flush(): Promise<void> {
    const { spool } = this.options;
    const target = spool.addedEvents;
    if (spool.removedEvents >= target) return;
    const flushing = new Promise<void>((resolve) => this.flushers.push({ until: target, resolve }));
    if (this.failures === 0) this.endPause?.();
    // Somebody waits for it now.
    this.pausing?.ref();
    this.wake();
    await flushing;
  }

  /** A request that is under way is given up; what it carried stays spooled. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.endPause?.();
    await this.running;
  }

  private async run(): Promise<void> {
    const { spool, gatherMs } = this.options;
    if (this.flushers.length === 0) await this.pause(gatherMs);
    try {
      while (!this.stopping.signal.aborted) {
        const batch = this.read();
        if (batch === undefined) break;
        const waitMs = batch === 'unreadable' ? this.backoffMs() : await this.sendBatch(batch);
        this.settleFlushers(spool.removedEvents);
        if (waitMs > 0) await this.pause(waitMs);
      }
    } finally {
      this.isRunning = false;
    }
  }

  private read(): SpooledBatch | 'unreadable' | undefined {
    try {
      return this.options.spool.oldest(this.eventsMax, BYTES_MAX);
    } catch (cause) {
      this.report('spool_failed', `The spool can't be read: ${messageOf(cause)}.`, cause);
      return 'unreadable';
    }
  }

  /** How long to wait before the next. */
  private async sendBatch(batch: SpooledBatch): Promise<number> {
    const { spool, api } = this.options;
    const outcome = await api.send(batch.lines, this.stopping.signal);
    if (outcome.kind === 'failed') return this.failed(outcome);
    const { length } = batch.lines;
    if (outcome.kind === 'refused' && length > 1) {
      // Half as many: in the end the one that is to blame is alone.
      this.eventsMax = Math.ceil(length / 2);
      return 0;
    }
    const rejection: UsageResult = { ...outcome, status: 'rejected' };
    try {
      this.keepRejected(batch, outcome.kind === 'taken' ? outcome.results : [rejection]);
    } catch (cause) {
      this.report('spool_failed', `Rejected usage can't be kept: ${messageOf(cause)}.`, cause);
      return this.backoffMs();
    }
    spool.acknowledge(batch);
    this.failures = 0;
    this.eventsMax = Math.min(EVENTS_MAX, this.eventsMax * 2);
    return 0;
  }

  private failed(outcome: SendOutcome & { kind: 'failed' }): number {
    if (this.stopping.signal.aborted) return 0;
    const { message, status, cause, retryAfterMs } = outcome;
    const backoffMs = this.backoffMs();
    const adviceMs = retryAfterMs === undefined ? 0 : Math.min(retryAfterMs, RETRY_AFTER_MS_MAX);
    // Apps should not all come at the same moment.
    const waitMs = adviceMs > 0 ? adviceMs + randomInt(100) : backoffMs;
    this.report('send_failed', `${message}. Sent again in ${waitMs} ms.`, cause, status);
    return waitMs;
  }

  /** Doubles from the least to the most, and between half of it and all by chance. */
  private backoffMs(): number {
    const { retryMsMin, retryMsMax } = this.options;
    const mostMs = Math.min(retryMsMax, retryMsMin * 2 ** Math.min(this.failures, 30));
    this.failures += 1;
    return Math.ceil(mostMs / 2) + randomInt(Math.floor(mostMs / 2) + 1);
  }

  private keepRejected({ lines }: SpooledBatch, results: readonly UsageResult[]): void {
    const rejections = lines.flatMap((line, index): Rejection[] => {
      const { status, code = 'unknown', message = '' } = results[index] as UsageResult;
      return status === 'rejected' ? [{ event: parsed(line), code, message }] : [];
    });
    if (rejections.length === 0) return;
    const rejectedAt = this.options.now().toISOString();
    this.options.spool.setAside(
      rejections.map((rejection) => JSON.stringify({ ...rejection, rejectedAt })),
    );
    const codes = [...new Set(rejections.map(({ code }) => code))].join(', ');
    const message = `The API rejected ${rejections.length} usage event(s): ${codes}.`;
    this.options.onError(new TollkeeperError('usage_rejected', message, { rejections }));
  }

  private report(
    code: 'send_failed' | 'spool_failed',
    message: string,
    cause: unknown,
    status?: number,
  ): void {
    this.options.onError(new TollkeeperError(code, message, { cause, status }));
  }

  /** The process need not stay for what is on disk anyway. */
  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      if (this.options.spool.isDurable && this.flushers.length === 0) timer.unref();
      this.pausing = timer;
      this.endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private settleFlushers(removedEvents: number): void {
    const doneFlushers = this.flushers.filter(({ until }) => until <= removedEvents);
    this.flushers = this.flushers.filter(({ until }) => until > removedEvents);
    for (const { resolve } of doneFlushers) resolve();
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return line;
  }
}
