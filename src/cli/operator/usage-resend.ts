/**
 * `tollkeeper usage resend`: sends usage events of a file to the API once more. Their ids make that
 * safe, however often it is done; the file is only read.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { CommandRefused } from '../terminal/refused';
import { createUsageApi } from '../../sdk/usage-api';
import type { SendOutcome, UsageApi } from '../../sdk/usage-api';
import { confirmation } from '../terminal/confirmation';
import type { Confirm, ConfirmOptions } from '../terminal/confirmation';
import { plainList, plainTable, print } from './operator';
import type { OutputOptions } from './operator';
import { readUsageFile, usageFileText } from './usage-file';
import type { UsageLine } from './usage-file';
import { grouped } from '../../core/grouped';

export interface ResendArguments extends ConfirmOptions, OutputOptions {
  readonly url: string;
  readonly key: string;
}

export interface StillRejected {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly id: string | null;
  readonly customer: string | null;
  readonly code: string;
  readonly message: string;
}

export interface Resent {
  readonly file: string;
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly rejections: readonly StillRejected[];
}

type SendableLine = Extract<UsageLine, { readonly event: unknown }>;

/** What one request may have: the API takes 1,000 usage events, and 2 MiB. */
const EVENTS_MAX = 1_000;
const BYTES_MAX = 1_500_000;
const REQUEST_TIMEOUT_MS = 30_000;
const TRIES_MAX = 5;
const WAIT_MS = 1_000;

export async function resendUsage(file: string, options: ResendArguments): Promise<void> {
  const { url: baseUrl, key: apiKey } = options;
  const fetch = globalThis.fetch;
  const api = createUsageApi({ baseUrl, apiKey, requestTimeoutMs: REQUEST_TIMEOUT_MS, fetch });
  const resent = await resendFile(api, file, baseUrl, confirmation(options));
  if (resent === undefined) {
    console.error('Nothing was sent.');
    process.exitCode = 1;
    return;
  }
  print(resent, resentText, options);
  if (resent.rejected > 0) process.exitCode = 1;
}

/** undefined: it was not confirmed. */
export async function resendFile(
  api: UsageApi,
  file: string,
  baseUrl: string,
  confirm: Confirm,
  waitMs = WAIT_MS,
): Promise<Resent | undefined> {
  const lines = await readUsageFile(file);
  const question =
    `${file}: ${usageFileText(lines)}.\nThey are sent to ${baseUrl}, and billed unless they are ` +
    'recorded already. The file stays as it is.';
  if (!(await confirm(question))) return undefined;
  const counts = { accepted: 0, duplicates: 0 };
  const rejections = lines.flatMap((each) =>
    'event' in each ? [] : [{ ...named(each.line, {}), code: 'unreadable', message: each.fault }],
  );
  for (const batch of batchesOf(lines.filter((each) => 'event' in each))) {
    try {
      await sendBatch(api, batch, waitMs, counts, rejections);
    } catch (error) {
      throw new CommandRefused(
        `${(error as Error).message}. Until then ${counts.accepted} were accepted and ` +
          `${counts.duplicates} recorded already. Run it again: nothing is counted twice.`,
      );
    }
  }
  rejections.sort((a, b) => a.line - b.line);
  return { file, ...counts, rejected: rejections.length, rejections };
}

function* batchesOf(lines: readonly SendableLine[]): Generator<SendableLine[]> {
  let batch: SendableLine[] = [];
  let bytes = 0;
  for (const each of lines) {
    const size = Buffer.byteLength(JSON.stringify(each.event)) + 1;
    if (batch.length === EVENTS_MAX || (batch.length > 0 && bytes + size > BYTES_MAX)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(each);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** A body that is refused as a whole is halved, until the line that is to blame is alone. */
async function sendBatch(
  api: UsageApi,
  batch: readonly SendableLine[],
  waitMs: number,
  counts: { accepted: number; duplicates: number },
  rejections: StillRejected[],
): Promise<void> {
  const outcome = await sendWithPatience(api, batch, waitMs);
  if (outcome.kind === 'refused' && batch.length > 1) {
    const middle = Math.ceil(batch.length / 2);
    await sendBatch(api, batch.slice(0, middle), waitMs, counts, rejections);
    await sendBatch(api, batch.slice(middle), waitMs, counts, rejections);
    return;
  }
  batch.forEach(({ line, event }, index) => {
    const result =
      outcome.kind === 'taken' ? outcome.results[index] : { ...outcome, status: 'rejected' };
    if (result?.status === 'accepted') counts.accepted += 1;
    else if (result?.status === 'duplicate') counts.duplicates += 1;
    else {
      const { code = 'unknown', message = '' } = result ?? {};
      rejections.push({ ...named(line, event), code, message });
    }
  });
}

/** Tries again what may pass; a key that is refused does not. */
async function sendWithPatience(
  api: UsageApi,
  batch: readonly SendableLine[],
  waitMs: number,
): Promise<Exclude<SendOutcome, { kind: 'failed' }>> {
  const bodies = batch.map(({ event }) => JSON.stringify(event));
  for (let tries = 1; ; tries += 1) {
    const outcome = await api.send(bodies, AbortSignal.timeout(REQUEST_TIMEOUT_MS));
    if (outcome.kind !== 'failed') return outcome;
    const { status, message, retryAfterMs } = outcome;
    if (tries === TRIES_MAX || status === 401 || status === 403 || status === 404)
      throw new Error(`The usage events could not be sent: ${message.replace(/\.$/, '')}`);
    await pause(retryAfterMs ?? waitMs * tries);
  }
}

const named = (line: number, { id, customer }: Readonly<Record<string, unknown>>) => ({
  line,
  id: typeof id === 'string' ? id : null,
  customer: typeof customer === 'string' ? customer : null,
});

/** More than these are told by --json only. */
const SHOWN_MAX = 50;

export function resentText({ accepted, duplicates, rejected, rejections }: Resent): string {
  const counts = plainList([
    ['accepted', grouped(accepted)],
    ['duplicates', `${grouped(duplicates)}, recorded already`],
    ['still rejected', grouped(rejected)],
  ]);
  if (rejected === 0) return counts;
  const rows = rejections.slice(0, SHOWN_MAX).map(({ line, id, customer, code, message }) => {
    return [String(line), id ?? '', customer ?? '', code, message];
  });
  const table = plainTable(['line', 'id', 'customer', 'code', 'reason'], rows, 5);
  const restLines = rejected > SHOWN_MAX ? [`${rejected - SHOWN_MAX} more: --json has all.`] : [];
  return [counts, table, ...restLines].join('\n');
}
