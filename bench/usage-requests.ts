/** Requests with usage events, every one new, built as cheaply as a string can be. */

export const TOKENS_PER_EVENT = 1_550;
const TOKENS = '"tokens":{"input":1200,"output":350}';
const ID_DIGITS = 12;

export const customerName = (number: number): string =>
  `customer-${String(number).padStart(4, '0')}`;

let lastId = 0;

/** Unique in this run; ascending like the ids of a clock, which is what apps should send. */
export const nextId = (): string => `call-${String(++lastId).padStart(ID_DIGITS, '0')}`;

export function usageRequests(options: {
  readonly url: string;
  readonly key: string;
  readonly customers?: number;
  /** 1 is sent as a usage event by itself. */
  readonly eventsPerRequest: number;
  /** Absent: ascending ids. */
  readonly nextId?: () => string;
  /** Absent: so many customers in turn. */
  readonly nextCustomer?: () => string;
}): () => string {
  const { host } = new URL(options.url);
  const { nextId: id = nextId, nextCustomer = inTurn(options.customers) } = options;
  const event = (occurredAt: string) =>
    `{"id":"${id()}","customer":"${nextCustomer()}",` +
    `"model":"gpt-4o-mini",${TOKENS},"occurredAt":"${occurredAt}"}`;
  const head =
    `POST /v1/usage HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${options.key}\r\n` +
    'Content-Type: application/json\r\nContent-Length: ';
  return () => {
    const now = new Date().toISOString();
    if (options.eventsPerRequest === 1) return withBody(head, event(now));
    let events = event(now);
    for (let more = 1; more < options.eventsPerRequest; more += 1) events += `,${event(now)}`;
    return withBody(head, `{"events":[${events}]}`);
  };
}

function inTurn(count = 1): () => string {
  const customers = Array.from({ length: count }, (_, number) => customerName(number));
  let turn = 0;
  return () => customers[turn++ % customers.length] as string;
}

const withBody = (head: string, body: string) => `${head}${body.length}\r\n\r\n${body}`;
