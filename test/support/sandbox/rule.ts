/** A rule that a schema can't see: a call that must be refused, how, and where that is written. */
import { refusal } from './stand';

export interface Rule {
  /** Where Stripe's documentation, or our notes on it, has the rule. */
  source: string;
  rule: string;
  call: () => Promise<unknown>;
  refused: { statusCode: number; code?: string; param?: string; message?: RegExp };
}

export async function assertRefused({ call, refused }: Rule): Promise<void> {
  const error = await refusal(call());
  const { message, ...expected } = refused;
  expect({ statusCode: error.statusCode, code: error.code, param: error.param }).toMatchObject(
    expected,
  );
  if (message) expect(error.message).toMatch(message);
}
