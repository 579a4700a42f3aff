/** A part of a request by its schema, or every fault in it at once. */
import type { z } from 'zod';
import { DomainError } from '../../core/errors';

export function parseRequest<T>(schema: z.ZodType<T>, value: unknown, part: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : `${part}: ${message}`,
  );
  throw new DomainError('invalid_request', `${faults.join('; ')}.`, { faults });
}
