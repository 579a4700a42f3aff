/** Whoever has one link can take the live pages of nobody else, nor fill the log. */
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { startTestApi } from '../../support/api/api';
import type { TestApi } from '../../support/api/api';
import { fillDashboard, linkTo } from '../../support/api/dashboard-case';
import { eventually } from '../../support/stack/eventually';
import { serverSentEvents } from '../../support/network/server-sent-events';

const logged: string[] = [];
const log = pino(
  new Writable({
    write: (line, _encoding, done) => {
      logged.push(String(line));
      done();
    },
  }),
);

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ log });
  await fillDashboard(api);
}, 60_000);
afterAll(() => api.close());

async function open(link: string, headers: Record<string, string> = {}) {
  const leaving = new AbortController();
  const response = await fetch(link.replace('/dashboard?', '/dashboard/events?'), {
    ...{ signal: leaving.signal, headers },
  });
  return { response, status: response.status, close: () => leaving.abort() };
}

const openTimes = (times: number, link: string, headers = {}) =>
  Promise.all(Array.from({ length: times }, () => open(link, headers)));

test('a link has twenty live pages at once, and other customers theirs', async () => {
  const link = await linkTo(api, 'ada');
  const streams = await openTimes(30, link);
  const refused = streams.filter(({ status }) => status === 429);
  expect(streams.filter(({ status }) => status === 200)).toHaveLength(20);
  expect(refused).toHaveLength(10);
  expect(refused[0]?.response.headers.get('retry-after')).toBe('10');
  const other = await open(await linkTo(api, 'new'));
  expect(other.status).toBe(200);
  for (const { close } of [...streams, other]) close();
  await eventually(
    async () => {
      const again = await open(link);
      again.close();
      return again.status;
    },
    (status) => status === 200,
  );
});

test('an address has five hundred, of all customers together', async () => {
  const names = Array.from({ length: 26 }, (_, index) => `c${index}`);
  for (const name of names) await api.addCustomer(name);
  const headers = { 'x-forwarded-for': '203.0.113.7' };
  const links = await Promise.all(names.map((name) => linkTo(api, name)));
  const streams = await Promise.all(links.map((link) => openTimes(20, link, headers)));
  const statuses = streams.flat().map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(500);
  expect(statuses.filter((status) => status === 429)).toHaveLength(20);
  const elsewhere = await open(await linkTo(api, 'ada'), { 'x-forwarded-for': '203.0.113.8' });
  expect(elsewhere.status).toBe(200);
  for (const { close } of [...streams.flat(), elsewhere]) close();
}, 60_000);

test.each(['nonsense', 'x'.repeat(12_000), '2020-01-01', '%00', 'current%00'])(
  'there is no stream of a period that is none, and no line in the log (%#)',
  async (period) => {
    logged.length = 0;
    const { status } = await open(`${await linkTo(api, 'ada')}&period=${period}`);
    expect(status).toBe(404);
    expect(logged).toEqual([]);
  },
);

test('the stream of a page that is gone ends', async () => {
  await api.addCustomer('leaving');
  const stream = await open(await linkTo(api, 'leaving'));
  const events = serverSentEvents(stream.response);
  expect((await events.next()).value?.event).toBe('view');
  await api.pool.query(`delete from customers where customer = 'leaving'`);
  const left: string[] = [];
  for await (const { event } of events) left.push(event);
  expect(left.filter((event) => event === 'view')).toEqual([]);
});
