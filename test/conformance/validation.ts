/** Recorded traffic against Stripe's description: counts, and each distinct fault once. */
import type { Entry } from '../../src/dev/stripe-sandbox/recorder';
import type { StripeDescription } from './stripe-description';

export interface Validation {
  answers: number;
  webhooks: number;
  /** Calls that Stripe's description of v1 does not have, by method and path. */
  undescribed: Map<string, number>;
  /** Each with how often it was seen. */
  faults: Map<string, number>;
}

export async function validate(
  description: StripeDescription,
  entries: AsyncIterable<Entry>,
): Promise<Validation> {
  const validation: Validation = {
    answers: 0,
    webhooks: 0,
    undescribed: new Map(),
    faults: new Map(),
  };
  for await (const entry of entries) {
    if (entry.kind === 'call') checkAnswer(description, entry, validation);
    else checkWebhook(description, JSON.parse(entry.body), validation);
  }
  return validation;
}

function checkAnswer(
  description: StripeDescription,
  call: Extract<Entry, { kind: 'call' }>,
  validation: Validation,
): void {
  const path = call.path.split('?')[0] ?? '';
  const shape = `${call.method} ${path.replace(/\/[a-z]+_[A-Za-z0-9]{8,}/g, '/…')}`;
  const answer: unknown = JSON.parse(call.answer);
  const faults = description.faultsOfAnswer(call.method, path, call.status, answer);
  if (faults === null) {
    count(validation.undescribed, `${shape} → ${call.status}`);
    return;
  }
  validation.answers += 1;
  for (const fault of faults) count(validation.faults, `${shape} → ${call.status}: ${fault}`);
}

interface Webhook {
  object?: unknown;
  type?: string;
  data?: { object?: { object?: unknown } };
}

function checkWebhook(
  description: StripeDescription,
  event: Webhook,
  validation: Validation,
): void {
  // Thin events name an object and carry none.
  if (event.object === 'v2.core.event') return;
  validation.webhooks += 1;
  for (const value of [event, event.data?.object ?? {}]) {
    const faults = description.faultsOfObject(value);
    const what = `${event.type}: ${String(value.object)}`;
    if (faults === null) count(validation.faults, `${what} is not described`);
    for (const fault of faults ?? []) count(validation.faults, `${what}: ${fault}`);
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
