/**
 * Imports that somebody has to look after, though nobody waits for their command any more: told
 * beside the exceptions of customers, which they are not yet.
 */
import { isoSecond } from '../period';

export const IMPORT_EXCEPTION_KINDS = ['import_refused', 'import_overdue'] as const;

export type ImportExceptionKind = (typeof IMPORT_EXCEPTION_KINDS)[number];

export interface ImportException {
  readonly kind: ImportExceptionKind;
  /** The subscription. */
  readonly subject: string;
  /** Unix milliseconds. */
  readonly since: number;
  readonly message: string;
}

export interface TroubledImport {
  readonly subscription: string;
  /** Why it was refused. null: it waits for longer than a renewal takes. */
  readonly refusal: string | null;
  readonly settledAt: Date;
  readonly billsFrom: Date | null;
}

export function importException(one: TroubledImport): ImportException {
  const { subscription: subject, refusal, settledAt, billsFrom } = one;
  if (refusal !== null)
    return {
      ...{ kind: 'import_refused', subject, since: settledAt.getTime() },
      message: `${refusal}. Until it is imported again it is observed, and not billed by us.`,
    };
  const edge = billsFrom ?? settledAt;
  return {
    ...{ kind: 'import_overdue', subject, since: edge.getTime() },
    message:
      `It was to be billed from ${isoSecond(edge.getTime() / 1000)} on, and is not taken over yet: ` +
      'the invoice of that renewal has not left, or no worker runs.',
  };
}
