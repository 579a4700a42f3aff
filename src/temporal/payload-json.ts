/** Payloads as Temporal's remote codec protocol has them: JSON, with bytes in base64. */
import type { Payload } from '@temporalio/common';
import { z } from 'zod';

const base64 = z.string().transform((text) => Buffer.from(text, 'base64'));

const bodySchema = z.object({
  payloads: z.array(
    z.object({
      metadata: z.record(z.string(), base64).optional(),
      data: base64.optional(),
    }),
  ),
});

/** undefined: it is no such JSON. */
export function payloadsFromJson(text: string): Payload[] | undefined {
  try {
    return bodySchema.parse(JSON.parse(text)).payloads;
  } catch {
    return undefined;
  }
}

const toBase64 = (bytes: Uint8Array | null | undefined) =>
  Buffer.from(bytes ?? []).toString('base64');

export function payloadsToJson(payloads: readonly Payload[]): string {
  return JSON.stringify({
    payloads: payloads.map(({ metadata, data }) => ({
      metadata: Object.fromEntries(
        Object.entries(metadata ?? {}).map(([name, bytes]) => [name, toBase64(bytes)]),
      ),
      data: toBase64(data),
    })),
  });
}
