/** Usage events of a customer by pages, the latest first, each with what has become of it. */
import type { Pool } from 'pg';
import { TOKEN_TYPES } from '../core/usage/usage';
import type { TokenType } from '../core/usage/usage';
import { isSealed, isUnsealed } from './sealed-usage';
import { tokenColumn } from './token-columns';
import { recordedSince } from './partitions/usage-partitions';

export const USAGE_EVENT_STATUSES = ['waiting', 'counted', 'quarantined', 'settled'] as const;
export type UsageEventStatus = (typeof USAGE_EVENT_STATUSES)[number];

export interface ListedUsageEvent {
  readonly id: string;
  readonly model: string;
  /** As it was called, where the catalog knows it by another name; null: it was `model`. */
  readonly sentModel: string | null;
  readonly vendor: string | null;
  readonly tokens: Readonly<Record<TokenType, number>>;
  /** ISO 8601 to the millisecond; Postgres' own word of a time that no calendar has. */
  readonly occurredAt: string;
  readonly recordedAt: string;
  readonly status: UsageEventStatus;
  readonly metadata: Readonly<Record<string, unknown>> | null;
  /** Where it stands in the list, exactly: the database's own text of its time. */
  readonly position: string;
}

export interface UsageEventFilter {
  /** Unix seconds: [from, to). */
  readonly from?: number;
  readonly to?: number;
  readonly model?: string;
  readonly status?: UsageEventStatus;
}

/** Written as conditions, so that the few that wait or are set aside are found by their indexes. */
const OF_STATUS: Readonly<Record<UsageEventStatus, string>> = {
  waiting: `and aside.id is null and ${isUnsealed('event.tx')}`,
  counted: `and aside.id is null and ${isSealed('event.tx')}`,
  quarantined: 'and aside.id is not null and aside.settled_at is null',
  settled: 'and aside.settled_at is not null',
};

const isoText = (column: string): string =>
  `case when isfinite(${column})
        then to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
        else ${column}::text end`;

const TOKENS = TOKEN_TYPES.map((type) => `'${type}', event.${tokenColumn(type)}`).join(', ');

const read = (status: UsageEventStatus | undefined): string => `
  select event.id, event.model, event.sent_model as "sentModel", event.vendor, jsonb_build_object(${TOKENS}) as tokens,
         ${isoText('event.occurred_at')} as "occurredAt",
         ${isoText('event.recorded_at')} as "recordedAt", event.metadata,
         event.occurred_at::text as position,
         case when aside.settled_at is not null then 'settled'
              when aside.id is not null then 'quarantined'
              when ${isSealed('event.tx')} then 'counted' else 'waiting' end as status
    from usage_events as event left join usage_quarantine as aside
         on aside.customer = event.customer and aside.id = event.id
   where event.customer = $1
     and ${recordedSince('$1', '$2::float8', 'event.recorded_at')}
     and ($2::float8 is null or event.occurred_at >= to_timestamp($2))
     and ($3::float8 is null or event.occurred_at < to_timestamp($3))
     and ($4::text is null or event.model = $4)
     ${status === undefined ? '' : OF_STATUS[status]}
     and ($5::timestamptz is null or (event.occurred_at, event.id) < ($5, $6::text))
   order by event.occurred_at desc, event.id desc limit $7`;

/** `after`: where the page before ended, as position and id. */
export async function readUsageEventPage(
  pool: Pool,
  customer: string,
  filter: UsageEventFilter,
  page: { readonly after?: readonly string[]; readonly limit: number },
): Promise<ListedUsageEvent[]> {
  const [position = null, id = null] = page.after ?? [];
  const { rows } = await pool.query<ListedUsageEvent>(read(filter.status), [
    customer,
    filter.from ?? null,
    filter.to ?? null,
    filter.model ?? null,
    position,
    id,
    page.limit,
  ]);
  return rows;
}
