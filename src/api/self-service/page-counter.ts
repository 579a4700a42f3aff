/**
 * Where the customer's page asks for something: who may, how often, once for each key, and how it
 * is refused in words for a customer.
 */
import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { DomainError } from '../../core/errors';
import type { Right } from '../../core/subscription/rights';
import { createManageLinks } from '../../links/signed-link';
import type { SignedLinks } from '../../links/signed-link';
import { createTakeUp } from '../checkout/take-up-checkout';
import { requireCustomer } from '../customers/customer-period';
import { answerUnder } from '../http/idempotency';
import { parseRequest } from '../http/parse-request';
import { statusOf } from '../http/problems';
import { createBuckets } from '../limits/buckets';
import type { Buckets } from '../limits/buckets';
import { holderOf, requireRight } from './holder';
import type { Holder } from './holder';
import { inCustomersWords } from './refusal-words';
import type { SelfServiceDeps } from './self-service-deps';
import { standingOf } from './standing';

/** Each costs a few calls at Stripe, whose limit is one for all customers. */
const LOOKS = { perSecond: 1, burst: 30 };
const CHANGES = { perSecond: 0.1, burst: 20 };

/** `input`: the query or the body, by its schema. */
export interface Order<Input> {
  readonly holder: Holder;
  readonly customer: string;
  readonly input: Input;
  readonly request: Request;
}

export interface PageCounter {
  /** Each right lets one look where none is named. */
  look<Input>(
    right: Right | undefined,
    schema: z.ZodType<Input>,
    answer: (order: Order<Input>) => Promise<unknown>,
  ): RequestHandler;
  /** It leads elsewhere, and is limited as a change is. */
  leave<Input>(
    schema: z.ZodType<Input>,
    answer: (order: Order<Input>, pageKey: string) => Promise<unknown>,
  ): RequestHandler;
  /** It is done once under its key, and answered by how the customer stands then. */
  change<Input>(
    right: Right,
    schema: z.ZodType<Input>,
    act: (order: Order<Input>, key: string) => Promise<void>,
  ): RequestHandler;
  standing: RequestHandler;
}

/** `links`: the purpose of the tokens that are taken. */
export function createPageCounter(
  deps: SelfServiceDeps,
  parseBody: RequestHandler,
  links: SignedLinks = createManageLinks(deps.config),
): PageCounter {
  const takeUp = createTakeUp(deps);
  const looks = createBuckets(LOOKS);
  const changes = createBuckets(CHANGES);

  const handle =
    <Input>(
      { right, buckets, schema }: { right?: Right; buckets: Buckets; schema: z.ZodType<Input> },
      answer: (order: Order<Input>) => Promise<unknown>,
    ): RequestHandler =>
    async (request, response, next) => {
      try {
        const holder = holderOf(links, request);
        if (right) requireRight(holder, right);
        const { customer } = holder;
        draw(buckets, customer);
        await parsed(parseBody, request, response);
        const isRead = request.method === 'GET';
        const content: unknown = isRead ? request.query : (request.body ?? {});
        const input = parseRequest(schema, content, isRead ? 'The query' : 'The body');
        response.json(await answer({ holder, customer, input, request }));
      } catch (error) {
        next(toldOf(deps, request, error));
      }
    };
  const standingNow = async ({ customer, rights }: Holder) =>
    standingOf(deps, await takeUp(await requireCustomer(deps.pool, customer)), rights);

  return {
    look: (right, schema, answer) =>
      handle({ ...(right && { right }), buckets: looks, schema }, answer),
    leave: (schema, answer) =>
      handle({ buckets: changes, schema }, (order) => answer(order, pageKeyOf(order.request))),
    change: (right, schema, act) =>
      handle({ right, buckets: changes, schema }, async (order) => {
        const { holder, customer, input, request } = order;
        const key = `page:${customer}:${pageKeyOf(request)}`;
        await answerUnder(deps.pool, key, [request.method, request.path, input], async (ownKey) => {
          await act(order, ownKey);
          return { status: 200, body: {} };
        });
        return standingNow(holder);
      }),
    standing: handle({ buckets: looks, schema: z.object({}) }, ({ holder }) => standingNow(holder)),
  };
}

/** Operators find in the log what the customer is not told. */
function toldOf({ log }: SelfServiceDeps, { path }: Request, error: unknown): DomainError {
  const problem = inCustomersWords(error);
  if (statusOf(problem.code) >= 500) log.warn({ err: error, path }, 'a page was refused');
  return problem;
}

function draw(buckets: Buckets, customer: string): void {
  const { isGranted, waitSeconds } = buckets.draw(customer, 1);
  if (isGranted) return;
  throw new DomainError('too_many_requests', `The page of ${customer} order too often.`, {
    retryAfterSeconds: waitSeconds,
  });
}

const parsed = (parse: RequestHandler, request: Request, response: Response): Promise<void> =>
  new Promise((resolve, reject) => {
    parse(request, response, (error?: unknown) => {
      if (error === undefined) resolve();
      else reject(error as Error);
    });
  });

export const pageKeySchema = z.string().regex(/^[0-9a-f]{32}$/);

/** All are of one length, so that none of another customer's begins with it. */
const pageKeyOf = (request: Request): string =>
  parseRequest(pageKeySchema, request.header('idempotency-key'), 'The Idempotency-Key');
