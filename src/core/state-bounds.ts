/**
 * What a run carries to the next one is bounded, far below what Temporal takes: texts share a room,
 * lists end, and what does not fit is told. Whatever is left out is in the ledger, in the inbox or
 * in the audit trail.
 */
import { DomainError } from './errors';
import { shortened } from './text';
import type { BillingState } from './state/billing-state';
import type { BillingException } from './state/remembered';

/** Encrypted it is a few hundred bytes more; Temporal ends a run that carries 2 MB. */
export const CARRIED_BYTES_MAX = 256 * 1024;
/** Changes are refused from here on: what can't be refused still fits. */
export const ROOM_BYTES_MAX = 192 * 1024;

export const EXCEPTIONS_MAX = 100;
const MESSAGES_BYTES_MAX = 48 * 1024;
const MESSAGE_BYTES_MIN = 160;
export const REASONS_MAX = 20;
/** The one of release 0.1.0 that each rejected report had by itself. */
const REJECTED = 'report_rejected';

/** As JSON in UTF-8, which is what Temporal is handed. */
export function bytesOf(value: unknown): number {
  const text = JSON.stringify(value) ?? '';
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    // Each half of a pair has two of its four bytes.
    const isHalf = unit >= 0xd800 && unit <= 0xdfff;
    if (unit >= 0x80) bytes += unit < 0x800 || isHalf ? 1 : 2;
  }
  return bytes;
}

/** Cut to as many bytes; a text that is short enough stays the same. */
export function withinBytes(text: string, bytesMax: number): string {
  let piece = text;
  for (let bytes = bytesOf(piece); bytes > bytesMax; bytes = bytesOf(piece)) {
    const characters = [...piece].length;
    piece = shortened(piece, Math.max(1, Math.floor((characters * bytesMax) / bytes) - 1));
  }
  return piece;
}

/** Messages share a room: the more there are, the shorter the long ones become. */
export function withinRoom(exceptions: readonly BillingException[]): readonly BillingException[] {
  if (bytesOf(exceptions.map(({ message }) => message)) <= MESSAGES_BYTES_MAX) return exceptions;
  const share = Math.floor(MESSAGES_BYTES_MAX / exceptions.length);
  const bytesMax = Math.max(MESSAGE_BYTES_MIN, share);
  return exceptions.map((one) => ({ ...one, message: withinBytes(one.message, bytesMax) }));
}

export const isFullOfExceptions = ({ exceptions }: BillingState): boolean =>
  exceptions.length >= EXCEPTIONS_MAX;

/** A change that somebody asks for waits until there is room; what is decided makes room. */
export function assertRoom(state: BillingState): void {
  const bytes = bytesOf(state);
  if (bytes <= ROOM_BYTES_MAX) return;
  throw new DomainError(
    'state_full',
    `What the workflow of ${state.customer} carries has ${bytes} bytes, and changes are taken up to ` +
      `${ROOM_BYTES_MAX}: nothing was changed. It has ${state.exceptions.length} open exceptions and ` +
      `${state.periods.length} open periods: resolve those exceptions, or settle unpaid invoices.`,
  );
}

/** Brings what an earlier release carried within the bounds of now. */
export function withinBounds(state: BillingState): BillingState {
  const exceptions = withinRoom(mergedRejections(state.exceptions));
  const reasons = state.recount?.reasons ?? [];
  const isSame = exceptions === state.exceptions && reasons.length <= REASONS_MAX;
  if (isSame) return state;
  const recount = state.recount && { ...state.recount, reasons: reasons.slice(0, REASONS_MAX) };
  return { ...state, exceptions, recount };
}

/** Each was one exception; they are one with their number, but for those that are decided. */
function mergedRejections(exceptions: readonly BillingException[]): readonly BillingException[] {
  const isSingle = ({ kind, rejected, resolution }: BillingException): boolean =>
    kind === REJECTED && rejected === undefined && resolution === undefined;
  const [first, ...others] = exceptions.filter(isSingle);
  if (!first || others.length === 0) return exceptions;
  const remaining = exceptions.filter((one) => !isSingle(one));
  const counted = remaining.find(({ kind, rejected }) => kind === REJECTED && rejected);
  const count = 1 + others.length + (counted?.rejected?.count ?? 0);
  const merged: BillingException = {
    ...{
      kind: REJECTED,
      subject: 'reports',
      since: Math.min(first.since, counted?.since ?? Infinity),
    },
    rejected: { count, first: first.subject },
    message: `${count} reports were rejected by Stripe, the first ${first.subject}: ${first.message}`,
  };
  return [...remaining.filter((one) => one !== counted), merged];
}
