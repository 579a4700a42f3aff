/** The id of a customer, as every route takes it that is about one. */
import type { Request } from 'express';
import { z } from 'zod';
import { parseRequest } from './http/parse-request';

/** It appears in URLs, workflow ids and idempotency keys. */
export const customerIdSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,199}$/,
    'expected 1 to 200 letters, digits or . _ : @ + -, the first a letter or digit',
  )
  .meta({
    description:
      'Your own id of the customer: 1 to 200 letters, digits or . _ : @ + -, the first a letter ' +
      'or digit',
    example: 'customer-42',
  });

/** The path's customer. Throws `invalid_request` where no customer could have that id. */
export const customerIdOf = ({ params }: Request): string =>
  parseRequest(customerIdSchema, params.customer, 'customer');
