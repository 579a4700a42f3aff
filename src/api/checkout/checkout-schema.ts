/** What POST …/checkout takes and answers. */
import { z } from 'zod';
import { emailSchema, storableId, storableText } from '../../ingest/storable-text';

const URL_LENGTH_MAX = 2_000;

/** Where a browser is sent: no address that runs something, or is of no host. */
export const webAddress = storableText(URL_LENGTH_MAX).refine(isWebAddress, {
  error: 'expected an address that begins with https:// or http://',
});

function isWebAddress(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}

export const checkoutRequestSchema = z
  .strictObject({
    plan: storableId(200)
      .nullable()
      .optional()
      .meta({
        description:
          'The plan to subscribe to. Left out: the default of the catalog for who has no ' +
          'subscription, else only a card is asked for',
        example: 'starter',
      }),
    successUrl: webAddress.meta({
      description: 'Where the browser goes then; `{CHECKOUT_SESSION_ID}` in it becomes the id',
      example: 'https://app.example.com/welcome',
    }),
    cancelUrl: webAddress.meta({
      description: 'Where the browser goes if the customer turns back',
      example: 'https://app.example.com/pricing',
    }),
    trialDays: z.number().int().min(1).max(730).optional().meta({
      description: 'A free trial before the first paid period; a card is asked for all the same',
    }),
    promotionCodes: z.boolean().optional().meta({
      description: 'Let the customer enter a promotion code',
    }),
    email: emailSchema.optional().meta({
      description: 'Of a customer who is new; left out: Checkout asks for it',
      example: 'ada@example.com',
    }),
    name: storableText(256).optional().meta({ description: 'Of a customer who is new' }),
    testClock: storableId(255)
      .regex(/^clock_\w+$/, "expected Stripe's id of a test clock: clock_…")
      .optional()
      .meta({ description: 'Of a customer who is new (test keys only)' }),
  })
  .meta({ id: 'CheckoutRequest' });

export type CheckoutBody = z.infer<typeof checkoutRequestSchema>;

export const checkoutSchema = z
  .object({
    id: z.string().meta({ description: "Stripe's id of the session", example: 'cs_test_a1b2' }),
    url: z.url().meta({ description: "Stripe's page: send the customer's browser there" }),
    expiresAt: z.iso.datetime().meta({ description: 'From then on it takes no payment' }),
  })
  .meta({ id: 'Checkout' });
