/**
 * The meter event stream of API v2: a session's token lets in up to a hundred reports a call, and
 * whatever is wrong with one of them is told later. docs.stripe.com/api/v2/billing-meter-stream
 */
import { beliefs } from '../billing/beliefs';
import { noteMeterError } from '../billing/meter-errors';
import { hasUsage, readReport, takeReport, tellLater } from '../billing/meter-reports';
import type { MeterReport } from '../billing/meter-reports';
import { newId, randomText } from '../identifiers';
import { invalid } from '../protocol/fault';
import * as p from '../protocol/params';
import { route } from '../protocol/router';
import { accountNow } from '../world';
import type { World } from '../world';
import { sessionEnd } from '../meter-event-sessions';
import { assertIdentifier, countCall } from './meter-events';

const EVENTS_MAX = 100;

const EVENT = p.object(
  { event_name: p.filled, identifier: p.filled, payload: p.map, timestamp: p.time },
  ['event_name', 'payload'],
);

export const METER_EVENT_STREAM_ROUTES = [
  route('POST /v2/billing/meter_event_session', {}, ({ world }) => {
    const session = world.store.put('v2.billing.meter_event_session', {
      id: newId('mes_test'),
      object: 'v2.billing.meter_event_session',
      created: accountNow(world),
      token: `token_${randomText(48)}`,
      openedAtMs: world.settings.realNowMs(),
    });
    return {
      ...{ id: session.id, object: session.object, livemode: false },
      authentication_token: session.token,
      created: new Date(session.openedAtMs).toISOString(),
      expires_at: new Date(sessionEnd(session)).toISOString(),
    };
  }),
  route(
    'POST /v2/billing/meter_event_stream',
    { events: p.listOf(EVENT) },
    ({ world, params: { events = [] } }) => {
      countCall(world);
      if (events.length < 1 || events.length > EVENTS_MAX)
        throw invalid(`events has ${events.length}: expected 1 to ${EVENTS_MAX}.`, {
          code: 'invalid_fields',
          param: 'events',
        });
      const reports = events.map(({ event_name = '', payload = {}, timestamp, identifier }) => ({
        ...{ event_name, payload, timestamp, isStreamed: true as const },
        identifier: identifier ?? newId('mtrev'),
      }));
      for (const { identifier } of reports) assertIdentifier(identifier);
      for (const report of reports) takeStreamed(world, report);
      return {};
    },
    ['events'],
  ),
];

function takeStreamed(world: World, report: MeterReport): void {
  try {
    const reading = readReport(world, report);
    if (hasUsage(world, report)) passOver(world, report, reading);
    else takeReport(world, report, reading);
  } catch (error) {
    tellLater(world, report, error);
  }
}

function passOver(
  world: World,
  report: MeterReport,
  { meter, customer }: ReturnType<typeof readReport>,
): void {
  if (beliefs(world).streamDuplicates === 'ignored') return;
  noteMeterError(world, {
    ...{ code: 'duplicate_meter_event', meter: meter.id, customer },
    message: `An event already exists with identifier ${report.identifier}.`,
    identifier: report.identifier,
  });
}
