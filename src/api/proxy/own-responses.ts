/**
 * Responses that the provider stores under the operator's one key are their makers' alone: nobody
 * else looks one up, or goes on with it and is told what was said in it.
 */
import type { Pool } from 'pg';
import type { Logger } from 'pino';
import { DomainError } from '../../core/errors';
import { isStorable } from '../../core/text';
import { hasMadeResponse, noteMadeResponses } from '../../db/made-responses';
import type { MadeResponse } from '../../db/made-responses';
import type { CallWatch } from '../../sdk/call-usage';
import { isObject } from '../../sdk/metered-call';
import { notCheckable } from './proxy-error';
import { UnreadableBody } from './request/request-json';

export interface OwnResponses {
  /** Throws `forbidden`, of what another made as of what nobody did; `ledger_unavailable`. */
  require(response: MadeResponse): Promise<void>;
  /** Requires it of the response that a request goes on with. Throws `UnreadableBody`, too. */
  requireIn(customer: string, body: Readonly<Record<string, unknown>>): Promise<void>;
  /** Resolves when it is written, or can't be now: it is written with a later one then. */
  note(response: MadeResponse): Promise<void>;
}

/** So many may wait for the database; then the oldest are forgotten, and found by nobody. */
const WAITING_MAX = 100_000;

/** `name`: the route; ids are one provider's, and another may have the same. */
export function createOwnResponses(pool: Pool, log: Logger, name: string): OwnResponses {
  const placed = ({ customer, id }: MadeResponse): MadeResponse => ({
    customer,
    id: name === 'openai' ? id : `${name}/${id}`,
  });
  const unwrittenResponses = new Map<string, MadeResponse>();
  const nameOf = ({ customer, id }: MadeResponse) => `${customer}\n${id}`;
  const requireOwn: OwnResponses['require'] = async (wantedResponse) => {
    const response = placed(wantedResponse);
    if (unwrittenResponses.has(nameOf(response))) return;
    const isOwn = await hasMadeResponse(pool, response).catch(notCheckable('the response is'));
    if (!isOwn) throw notOwn();
  };
  return {
    require: requireOwn,
    requireIn: async (customer, { previous_response_id: id, conversation }) => {
      if (conversation !== undefined && conversation !== null) throw notOwn();
      if (id === undefined || id === null) return;
      if (typeof id !== 'string') throw new UnreadableBody('previous_response_id is no text');
      await requireOwn({ customer, id });
    },
    note: async (response) => {
      if (!isStorable(response.id)) return;
      const newResponse = placed(response);
      unwrittenResponses.set(nameOf(newResponse), newResponse);
      const [oldest] = unwrittenResponses.keys();
      if (unwrittenResponses.size > WAITING_MAX && oldest !== undefined)
        unwrittenResponses.delete(oldest);
      const responses = [...unwrittenResponses.values()];
      try {
        await noteMadeResponses(pool, responses);
        for (const response of responses) unwrittenResponses.delete(nameOf(response));
      } catch (err) {
        log.warn({ err }, 'whose a response is can not be written down: it is tried again');
      }
    },
  };
}

/** The watch, and beside it the id of the response that it sees. */
export function watchMade(watch: CallWatch, made: (id: string) => void): CallWatch {
  let isKnown = false;
  const look = (id: unknown): void => {
    if (isKnown || typeof id !== 'string') return;
    isKnown = true;
    made(id);
  };
  return {
    ...watch,
    answered: (body) => {
      look(body.id);
      watch.answered(body);
    },
    streamed: (event) => {
      if (isObject(event.response)) look(event.response.id);
      return watch.streamed(event);
    },
  };
}

const notOwn = (): DomainError =>
  new DomainError(
    'forbidden',
    "This response or file was not made with a key of the customer's through this proxy. Where all " +
      'customers may read what is stored at the provider, the operator sets OPENAI_PASS to all.',
  );
