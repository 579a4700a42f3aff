/** The id of a customer, as every route takes it that is about one. */
import type { Request } from 'express';
import { z } from 'zod';
import { CUSTOMER_ID } from '../core/ids';
import { parseRequest } from './http/parse-request';

/** It appears in URLs, workflow ids and idempotency keys. */
export const customerIdSchema = z
  .string()
  .regex(
    CUSTOMER_ID,
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
