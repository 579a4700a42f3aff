/** Which responses a customer has made at the provider. */
import type { Pool } from 'pg';
import { isStorable } from '../core/text';

/** OpenAI keeps a response for 30 days: what is twice as old is nowhere to be looked up. */
const KEPT_DAYS = 60;
/** Each that is noted clears away so many that are older. */
const CLEARED_MAX = 100;

export interface MadeResponse {
  readonly customer: string;
  /** The provider's id of it. */
  readonly id: string;
}

/** Whoever says it again changes nothing. */
export async function noteMadeResponses(
  pool: Pool,
  responses: readonly MadeResponse[],
): Promise<void> {
  await pool.query(
    `insert into made_responses (customer, id)
     select * from unnest($1::text[], $2::text[]) on conflict do nothing`,
    [responses.map(({ customer }) => customer), responses.map(({ id }) => id)],
  );
  await pool.query(
    `delete from made_responses where (customer, id) in (
       select customer, id from made_responses where made_at < now() - make_interval(days => $1)
        order by made_at limit $2)`,
    [KEPT_DAYS, CLEARED_MAX],
  );
}

export async function hasMadeResponse(
  pool: Pool,
  { customer, id }: MadeResponse,
): Promise<boolean> {
  if (!isStorable(id)) return false;
  const { rowCount } = await pool.query(
    'select from made_responses where customer = $1 and id = $2',
    [customer, id],
  );
  return rowCount === 1;
}
