/**
 * What a period used, as customers and operators are shown it. A customer may name as many models
 * and vendors as there are usage events, so the largest are listed and the rest is summed by the
 * database: what is read is bounded by the catalog, and every token is in it.
 */
import type { Pool } from 'pg';
import type { UsedTokensOfDay } from '../core/plans/margin-report';
import type { ToldApart } from '../core/plans/told-apart';
import type { TokenType } from '../core/usage/usage';
import { ROW_BY_TOKEN_TYPE } from './token-columns';

export interface PeriodUsage {
  /**
   * Tokens of the largest models, the largest first. `day` is the first of those on which nothing
   * of `ToldApart` changed.
   */
  readonly listed: readonly UsedTokensOfDay[];
  /** All others, summed: each has the name of one of its models, and of its vendors. */
  readonly others: readonly UsedTokensOfDay[];
  /** So many models are among the others; a model that two sell counts twice. */
  readonly otherCount: number;
  readonly days: readonly UsedDay[];
}

export interface UsedDay {
  /** YYYY-MM-DD, UTC. */
  readonly day: string;
  readonly tokens: number;
  /** Tokens of the first of the listed models, in their order. */
  readonly byModel: readonly number[];
}

export interface UsageAsked {
  readonly customer: string;
  /** Unix seconds, half-open. */
  readonly start: number;
  readonly end: number;
  /** So many models are listed at most. */
  readonly modelsMax: number;
  /** So many of them have their tokens of each day. Absent: none. */
  readonly modelsByDay?: number;
  readonly apart: ToldApart;
}

const DAY_SECONDS = 86_400;

// Neither batch nor roll-up has what sealing set aside.
const NOT_ASIDE = `and not exists (select from usage_quarantine as aside
    where aside.customer = usage_events.customer and aside.id = usage_events.id)`;

const ledger = (range: string) => `
    select (occurred_at at time zone 'UTC')::date, model, token_type, coalesce(vendor, ''), tokens
      from usage_events ${ROW_BY_TOKEN_TYPE}
     where customer = $1 and ${range} and tokens > 0 ${NOT_ASIDE}`;

// Whole days come from the roll-up and what is not sealed yet from the ledger, the days at the
// edges from the ledger: one statement, so nothing is counted twice or missed while a sealing pass
// commits.
const USED = `
    select day, model, token_type, vendor, tokens from usage_daily
     where customer = $1 and day >= (to_timestamp($4) at time zone 'UTC')::date
       and day < (to_timestamp($5) at time zone 'UTC')::date
    union all
    ${ledger('occurred_at >= to_timestamp($2) and occurred_at < to_timestamp($6)')}
    union all
    ${ledger(`occurred_at >= to_timestamp($5) and occurred_at < to_timestamp($3)`)}
    union all
    ${ledger(`occurred_at >= to_timestamp($4) and occurred_at < to_timestamp($5)
             and tx >= (select horizon from sealing_state)`)}`;

const PERIOD_USAGE = `
  with cell as (
    select day, model, token_type, vendor, sum(tokens) as tokens,
           sum(sum(tokens)) over (partition by model, vendor) as total
      from (${USED}) as used (day, model, token_type, vendor, tokens)
     group by 1, 2, 3, 4
  ), placed as (
    select *, dense_rank() over
                (order by total desc, model collate "C", vendor collate "C") as place
      from cell
  ), told as (
    select tokens, model, token_type, vendor, day, place, least(place, $7::int + 1) as entry,
           least(place, $8::int + 1) as series,
           (select max(change) from unnest($12::date[]) as change where change <= day) as since,
           case when place <= $7 then null
                when model = any($9::text[]) then 'model ' || model
                else (select 'prefix ' || prefix from unnest($10::text[]) as prefix
                       where starts_with(model, prefix) order by length(prefix) desc limit 1)
                end as told_model,
           case when vendor = '' or vendor = any($11::text[]) then vendor end as told_vendor
      from placed
  )
  select case when grouping(day) = 1 then to_char(min(day), 'YYYY-MM-DD')
              else to_char(day, 'YYYY-MM-DD') end as day,
         grouping(day) = 0 as "isDay", entry::int, series::int,
         min(model collate "C") as model, token_type as "tokenType",
         min(vendor collate "C") as vendor, max(place)::int as place, sum(tokens)::text as tokens
    from told
   group by grouping sets
            ((entry, told_model, told_vendor, token_type, since), (day, series))
   order by grouping(day), entry, day, token_type, since, told_vendor, told_model`;

interface Row {
  readonly day: string;
  readonly isDay: boolean;
  readonly entry: number | null;
  readonly series: number | null;
  readonly model: string;
  readonly tokenType: TokenType;
  readonly vendor: string;
  readonly place: number;
  readonly tokens: string;
}

/** Tokens that fill an allowance: our own, and those that these vendors sold. */
export async function readAllowanceTokens(
  pool: Pool,
  span: Pick<UsageAsked, 'customer' | 'start' | 'end'>,
  allowanceVendors: readonly string[],
): Promise<number> {
  const { rows } = await pool.query<{ tokens: string }>(
    `select coalesce(sum(tokens), 0)::text as tokens
       from (${USED}) as used (day, model, token_type, vendor, tokens)
      where vendor = '' or vendor = any($7::text[])`,
    [...spanOf(span), allowanceVendors],
  );
  return Number(rows[0]?.tokens ?? 0);
}

export async function readPeriodUsage(pool: Pool, request: UsageAsked): Promise<PeriodUsage> {
  const { modelsMax, modelsByDay = 0, apart } = request;
  const { rows } = await pool.query<Row>(PERIOD_USAGE, [
    ...[...spanOf(request), modelsMax, modelsByDay],
    ...[apart.models, apart.prefixes, apart.vendors, apart.days],
  ]);
  const cells = rows.filter(({ isDay }) => !isDay);
  const others = cells.filter(({ entry }) => Number(entry) > modelsMax);
  return {
    listed: cells.filter(({ entry }) => Number(entry) <= modelsMax).map(cellOf),
    others: others.map(cellOf),
    otherCount: others.reduce((most, { place }) => Math.max(most, place - modelsMax), 0),
    days: daysOf(
      rows.filter(({ isDay }) => isDay),
      modelsByDay,
    ),
  };
}

/** The parameters of `USED`. */
function spanOf({ customer, start, end }: Pick<UsageAsked, 'customer' | 'start' | 'end'>) {
  const firstDay = Math.ceil(start / DAY_SECONDS) * DAY_SECONDS;
  const endDay = Math.max(firstDay, Math.floor(end / DAY_SECONDS) * DAY_SECONDS);
  return [customer, start, end, firstDay, endDay, Math.min(firstDay, end)] as const;
}

const cellOf = ({ day, model, tokenType, vendor, tokens }: Row): UsedTokensOfDay => ({
  ...{ day, model, tokenType, ...(vendor !== '' && { vendor }) },
  tokens: Number(tokens),
});

/** The rows come in the order of their days. */
function daysOf(rows: readonly Row[], modelsByDay: number): UsedDay[] {
  const days = new Map<string, { day: string; tokens: number; byModel: number[] }>();
  for (const { day, series, tokens } of rows) {
    const used = days.get(day) ?? { day, tokens: 0, byModel: Array<number>(modelsByDay).fill(0) };
    used.tokens += Number(tokens);
    if (Number(series) <= modelsByDay) used.byModel[Number(series) - 1] = Number(tokens);
    days.set(day, used);
  }
  return [...days.values()];
}
