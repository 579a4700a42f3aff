/** Billing meters and their event summaries. */
import { aggregate, within } from '../billing/metering';
import { meterSettings } from '../billing/meter-settings';
import { change, emit } from '../events';
import { randomText } from '../identifiers';
import type { Meter, Usage } from '../objects-meter';
import { invalid } from '../protocol/fault';
import { page, pageInOrder } from '../protocol/listing';
import { namedCustomer, stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import { accountNow } from '../world';
import type { World } from '../world';

const URL = '/v1/billing/meters';
const WINDOW_S = { hour: 3600, day: 86_400 };

export const METER_ROUTES = [
  route(
    `POST ${URL}`,
    {
      customer_mapping: p.object({ event_payload_key: p.filled, type: p.oneOf('by_id') }, [
        'event_payload_key',
        'type',
      ]),
      default_aggregation: p.object({ formula: p.oneOf('sum', 'count', 'last') }, ['formula']),
      display_name: p.filled,
      event_name: p.filled,
      event_time_window: p.oneOf('hour', 'day'),
      value_settings: p.object({ event_payload_key: p.filled }, ['event_payload_key']),
    },
    ({ world, params }) => {
      const eventName = params.event_name ?? '';
      if (world.store.all('billing.meter').some((one) => one.event_name === eventName)) {
        throw invalid(`A meter already exists with event name '${eventName}'.`, {
          param: 'event_name',
        });
      }
      const now = accountNow(world);
      const meter: Meter = {
        id: `mtr_test_${randomText(32)}`,
        object: 'billing.meter',
        created: now,
        customer_mapping: {
          event_payload_key: params.customer_mapping?.event_payload_key ?? 'stripe_customer_id',
          type: 'by_id',
        },
        default_aggregation: { formula: params.default_aggregation?.formula ?? 'sum' },
        display_name: params.display_name ?? '',
        event_name: eventName,
        event_time_window: params.event_time_window ?? null,
        livemode: false,
        status: 'active',
        status_transitions: { deactivated_at: null },
        updated: now,
        value_settings: { event_payload_key: params.value_settings?.event_payload_key ?? 'value' },
      };
      world.store.put('billing.meter', meter);
      emit(world, 'billing.meter.created', meter);
      return present(world, meter);
    },
    ['default_aggregation', 'display_name', 'event_name'],
  ),
  route(`GET ${URL}`, { ...p.PAGE, status: p.oneOf('active', 'inactive') }, (call) => {
    const meters = call.world.store
      .all('billing.meter')
      .filter(({ status }) => call.params.status === undefined || status === call.params.status);
    return page(URL, meters, call.params, (one) => present(call.world, one));
  }),
  route(`GET ${URL}/:id`, {}, ({ world, path }) =>
    present(world, stored(world, 'billing.meter', path.id)),
  ),
  route(`POST ${URL}/:id`, { display_name: p.filled }, ({ world, params, path }) => {
    const meter = stored(world, 'billing.meter', path.id);
    const update = { display_name: params.display_name, updated: accountNow(world) };
    change(world, 'billing.meter', meter, update, 'billing.meter.updated');
    return present(world, meter);
  }),
  route(`POST ${URL}/:id/deactivate`, {}, ({ world, path }) =>
    setStatus(world, stored(world, 'billing.meter', path.id), 'inactive'),
  ),
  route(`POST ${URL}/:id/reactivate`, {}, ({ world, path }) =>
    setStatus(world, stored(world, 'billing.meter', path.id), 'active'),
  ),
  route(
    `GET ${URL}/:id/event_summaries`,
    {
      ...p.PAGE,
      customer: p.filled,
      start_time: p.positive,
      end_time: p.positive,
      value_grouping_window: p.oneOf('hour', 'day'),
    },
    ({ world, params, path }) => {
      const meter = stored(world, 'billing.meter', path.id);
      const customer = namedCustomer(world, params.customer);
      const { start_time: start = 0, end_time: end = 0 } = params;
      const grouping = params.value_grouping_window ?? null;
      assertAligned(start, end, grouping);
      const visibleUntil = world.settings.realNowMs() - meterSettings(world).summaryLagMs;
      const usages = world.store
        .usage(meter.id, customer.id)
        .filter(within({ start, end }))
        .filter((usage) => usage.receivedAtMs <= visibleUntil);
      const summaries = summarize(meter, usages, { start, end }, grouping);
      return pageInOrder(`${URL}/${meter.id}/event_summaries`, summaries, params, (one) => one);
    },
    ['customer', 'start_time', 'end_time'],
  ),
];

function setStatus(world: World, meter: Meter, status: Meter['status']): unknown {
  if (meter.status === status) throw invalid(`Meter ${meter.id} is already ${status}.`);
  const now = accountNow(world);
  const update = {
    status,
    status_transitions: { deactivated_at: status === 'inactive' ? now : null },
    updated: now,
  };
  const type = `billing.meter.${status === 'inactive' ? 'deactivated' : 'reactivated'}`;
  change(world, 'billing.meter', meter, update, type);
  return present(world, meter);
}

function assertAligned(start: number, end: number, grouping: 'hour' | 'day' | null): void {
  const unit = grouping === null ? 60 : WINDOW_S[grouping];
  const name = grouping ?? 'minute';
  for (const [param, value] of Object.entries({ start_time: start, end_time: end })) {
    if (value % unit === 0) continue;
    throw invalid(`${param} must be aligned with a ${name} boundary (UTC): got ${value}.`, {
      param,
    });
  }
  if (end <= start) {
    throw invalid(`end_time must be after start_time: got ${start} and ${end}.`, {
      param: 'end_time',
    });
  }
}

function summarize(
  meter: Meter,
  usages: readonly Usage[],
  span: { start: number; end: number },
  grouping: 'hour' | 'day' | null,
) {
  const windows = new Map<number, Usage[]>();
  const seconds = grouping === null ? null : WINDOW_S[grouping];
  for (const usage of usages) {
    const start = seconds === null ? span.start : Math.floor(usage.timestamp / seconds) * seconds;
    const usagesOfWindow = windows.get(start);
    if (usagesOfWindow) usagesOfWindow.push(usage);
    else windows.set(start, [usage]);
  }
  return [...windows]
    .sort(([a], [b]) => b - a)
    .map(([start, inWindow]) => ({
      id: `mtrusg_${meter.id.slice(-12)}_${start}`,
      object: 'billing.meter_event_summary',
      aggregated_value: aggregate(meter, inWindow),
      end_time: seconds === null ? span.end : start + seconds,
      livemode: false,
      meter: meter.id,
      start_time: start,
    }));
}
