/** An invoice that differs from the ledger, and what is decided of it. */
import { DomainError } from '../../../src/core/errors';
import type { Decision } from '../../../src/core/state/exceptions';

export const differs = {
  kind: 'invoice_differs',
  subject: 'in_feb',
  message: 'meter 1, invoice 2',
} as const;

export const aDecision = (overrides: Partial<Decision> = {}): Decision => ({
  exception: 'invoice_differs',
  subject: 'in_feb',
  kind: 'correct',
  reason: 'the meter lost a report',
  by: 'grace',
  ...overrides,
});

/** How it is refused; undefined: it is not. */
export function refusal(act: () => void): { code: string; message: string } | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof DomainError) return { code: error.code, message: error.message };
    throw error;
  }
  return undefined;
}
