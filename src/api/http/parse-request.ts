/** A part of a request by its schema, or every fault in it at once. */
import type { z } from 'zod';
import { DomainError } from '../../core/errors';

export function parseRequest<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : `${what}: ${message}`,
  );
  throw new DomainError('invalid_request', `${faults.join('; ')}.`, { faults });
}
