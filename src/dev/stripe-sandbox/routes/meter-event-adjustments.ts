/** Meter event adjustments: a meter event taken back within a day of its receipt. */
import { newId } from '../identifiers';
import { invalid } from '../protocol/fault';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import { accountNow } from '../world';

const CANCELABLE_FOR_MS = 24 * 3600 * 1000;

export const METER_EVENT_ADJUSTMENT_ROUTES = [
  route(
    'POST /v1/billing/meter_event_adjustments',
    {
      cancel: p.object({ identifier: p.filled }, ['identifier']),
      event_name: p.filled,
      type: p.oneOf('cancel'),
    },
    ({ world, params }) => {
      const { event_name: eventName = '', cancel } = params;
      const identifier = cancel?.identifier ?? '';
      const usage = world.store.usageByIdentifier(identifier);
      const param = 'cancel[identifier]';
      if (usage?.event_name !== eventName) {
        throw invalid(
          `No meter event with the identifier '${identifier}' for the event name '${eventName}'.`,
          { code: 'resource_missing', param },
        );
      }
      const ageMs = world.settings.realNowMs() - usage.receivedAtMs;
      if (ageMs >= CANCELABLE_FOR_MS) {
        throw invalid(
          `The meter event '${identifier}' was received ${Math.floor(ageMs / 3_600_000)} hours ` +
            'ago: it can be canceled within 24 hours only. Send a negative value instead.',
          { param },
        );
      }
      if (usage.isCanceled)
        throw invalid(`The meter event '${identifier}' was already canceled.`, { param });
      usage.isCanceled = true;
      world.store.put('billing.meter_event', usage);
      const adjustment = world.store.put('billing.meter_event_adjustment', {
        id: newId('mtradj'),
        object: 'billing.meter_event_adjustment',
        created: accountNow(world),
        cancel: { identifier },
        event_name: eventName,
        livemode: false,
        status: 'complete',
        type: 'cancel',
      });
      // Stripe answers before it has worked on it; nobody can ask for it later.
      return { ...present(world, adjustment), status: 'pending' };
    },
    ['event_name', 'type', 'cancel'],
  ),
];
