/** Meter ids by event name. A meter's event name is its for good, so one reading serves. */
import type Stripe from 'stripe';
import { askedOnce } from './asked-once';
import { DomainError } from '../core/errors';

export interface MeterBook {
  meterId(eventName: string): Promise<string>;
}

export function createMeterBook(stripe: Stripe): MeterBook {
  const knownIds = new Map<string, string>();
  const readAll = askedOnce(async () => {
    for await (const meter of stripe.billing.meters.list({ limit: 100 }))
      knownIds.set(meter.event_name, meter.id);
  });
  return {
    meterId: async (eventName) => {
      if (!knownIds.has(eventName)) await readAll('');
      const id = knownIds.get(eventName);
      if (id === undefined)
        throw new DomainError(
          'catalog_not_pushed',
          `Stripe has no meter ${eventName}. Run \`npx tollkeeper catalog push\`.`,
        );
      return id;
    },
  };
}
