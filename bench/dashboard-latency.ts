/** How long a usage event takes until the customer's open page has it. */
import { setTimeout as pause } from 'node:timers/promises';
import type { DashboardView } from '../src/dashboard/view';
import { serverSentEvents } from '../test/support/network/server-sent-events';
import { latenciesOfSums, percentile } from './figures';
import { sendEvenly, TOKENS_PER_EVENT } from './whole-path';
import type { Customer, Latency, WholePath } from './whole-path';

const WAIT_LIMIT_MS = 30_000;

export interface OpenPage {
  readonly customer: Customer;
  /** What each new view had more than the one before. */
  readonly views: { readonly atMs: number; readonly events: number }[];
  close(): void;
}

/** One open page for each customer; these were created, and used something, before. */
export async function measureDashboard(
  path: WholePath,
  names: readonly string[],
  load: { eventsPerSecond: number; seconds: number },
): Promise<Latency> {
  const customers = names.map((name) => ({ name, stripeCustomerId: '', sentAtMs: [] }));
  const pages = await Promise.all(customers.map((customer) => openPage(path, customer)));
  try {
    let sent = 0;
    await sendEvenly(path, load, 1, () => (pages[sent++ % pages.length] as OpenPage).customer);
    await untilShown(pages);
    const latenciesMs = pages.flatMap(({ customer, views }) =>
      latenciesOfSums(customer.sentAtMs, views),
    );
    return {
      ...load,
      customers: pages.length,
      events: latenciesMs.length,
      p50Seconds: percentile(latenciesMs, 50) / 1000,
      p99Seconds: percentile(latenciesMs, 99) / 1000,
    };
  } finally {
    for (const page of pages) page.close();
  }
}

export async function openPage(path: WholePath, customer: Customer): Promise<OpenPage> {
  const made = await fetch(`${path.apiUrl}/v1/customers/${customer.name}/dashboard-link`, {
    method: 'POST',
    headers: { authorization: `Bearer ${path.adminKey}`, 'content-type': 'application/json' },
    body: '{}',
  });
  const { url } = (await made.json()) as { url: string };
  const leaving = new AbortController();
  const response = await fetch(url.replace('/dashboard?', '/dashboard/events?'), {
    signal: leaving.signal,
  });
  const page: OpenPage = { customer, views: [], close: () => leaving.abort() };
  const events = serverSentEvents(response);
  const next = async (): Promise<number | undefined> => {
    for (;;) {
      const { value, done } = await events.next();
      if (done) return undefined;
      if (value.event !== 'view') continue;
      return (JSON.parse(value.data) as DashboardView).billing?.usedTokens ?? 0;
    }
  };
  let tokens = (await next()) ?? 0;
  const read = async () => {
    for (let seen = await next(); seen !== undefined; seen = await next()) {
      const events = (seen - tokens) / TOKENS_PER_EVENT;
      if (events > 0) page.views.push({ atMs: performance.now(), events });
      tokens = seen;
    }
  };
  // Closing the page ends the stream with an error.
  read().catch(() => undefined);
  return page;
}

export async function untilShown(
  pages: readonly OpenPage[],
  limitMs = WAIT_LIMIT_MS,
): Promise<void> {
  const isShort = ({ customer, views }: OpenPage) =>
    views.reduce((sum, { events }) => sum + events, 0) < customer.sentAtMs.length;
  const deadline = performance.now() + limitMs;
  while (pages.some(isShort)) {
    if (performance.now() > deadline)
      throw new Error(`A page had not all of its usage ${limitMs / 1000} s after it was sent.`);
    await pause(50);
  }
}
