/** The id of a vendor, as every route takes it that is about one. */
import type { Request } from 'express';
import { z } from 'zod';
import { parseRequest } from '../http/parse-request';

export const vendorIdSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,39}$/, 'expected the id of a vendor in the catalog, such as acme')
  .meta({ description: "The vendor's id in the catalog", example: 'acme' });

/** The path's vendor. Throws `invalid_request` where no vendor could have that id. */
export const vendorIdOf = ({ params }: Request): string =>
  parseRequest(vendorIdSchema, params.vendor, 'vendor');
