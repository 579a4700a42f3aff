/** The body of a grant, its answer, and the reason that every decision is to have. */
import { z } from 'zod';
import { TOKENS_PER_GRANT_MAX } from '../../core/counting/grants';
import { storableText } from '../../ingest/storable-text';

export const reason = storableText(500).meta({
  description: 'Why; it is kept in the audit trail',
  example: 'agreed with support',
});

export const grantRequestSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9._:-]{1,100}$/, 'expected 1 to 100 letters, digits or . _ : -')
      .meta({
        description: 'Your own id: the same grant again is the same grant',
        example: 'goodwill-7',
      }),
    tokens: z.number().int().min(1).max(TOKENS_PER_GRANT_MAX).meta({
      description: 'How many tokens are given',
      example: 50_000,
    }),
    expiresAt: z.iso.datetime({ offset: true }).nullable().default(null).meta({
      description: 'From then on none of it is used; null: never',
    }),
    reason,
  })
  .meta({ id: 'GrantRequest' });

export const grantSchema = z
  .object({
    id: z.string(),
    tokens: z.number().int(),
    usableFrom: z.iso.datetime().meta({ description: 'Usage from here on may use it' }),
    expiresAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Grant' });
