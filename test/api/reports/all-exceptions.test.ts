/** Goal: who was to be imported and is not is told where operators look, with what can be done. */
import { DomainError } from '../../../src/core/errors';
import { exceptionsText, readExceptions } from '../../../src/cli/operator/exceptions';
import type { TestApi } from '../../support/api/api';
import { startTestApi } from '../../support/api/api';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({
    openExceptions: {
      customers: async () => ['zoe'],
      of: async (customer) => ({
        exceptions: [{ kind: 'stripe_refused', subject: customer, message: 'm', since: 0 }],
      }),
    },
  });
  await api.pool.query(
    `insert into imports (subscription_id, customer, stripe_customer_id, plan, catalog_version,
                          price_id, phase, refusal, bills_from, settled_at)
     values ('sub_1', 'ada', 'cus_1', 'starter', 'v', 'price_1', 'observed', 'paused: it is paused',
             null, '2026-11-01'),
            ('sub_2', 'bo', 'cus_2', 'starter', 'v', 'price_1', 'waiting', null, '2026-11-02',
             '2026-10-02'),
            ('sub_3', 'cy', 'cus_3', 'starter', 'v', 'price_1', 'observed', null, null, '2026-11-01')`,
  );
});
afterAll(() => api.close());

test('imports are listed among the exceptions of customers, in one order', async () => {
  const response = await api.request('/v1/exceptions', { key: api.keys.read });
  const { exceptions } = (await response.json()) as { exceptions: object[] };
  expect(exceptions).toEqual([
    {
      ...{ customer: 'ada', kind: 'import_refused', subject: 'sub_1', resolutions: [] },
      ...{ since: '2026-11-01T00:00:00.000Z', decided: null },
      message:
        'paused: it is paused. Until it is imported again it is observed, and not billed by us.',
    },
    {
      ...{ customer: 'bo', kind: 'import_overdue', subject: 'sub_2', resolutions: [] },
      ...{ since: '2026-11-02T00:00:00.000Z', decided: null },
      message:
        'It was to be billed from 2026-11-02T00:00:00Z on, and is not taken over yet: the invoice ' +
        'of that renewal has not left, or no worker runs.',
    },
    expect.objectContaining({ customer: 'zoe', kind: 'stripe_refused', resolutions: ['retry'] }),
  ]);
});

test('a page has them alone where only they are asked for', async () => {
  const url = '/v1/exceptions?kind=import_overdue&limit=1';
  const response = await api.request(url, { key: api.keys.read });
  const page = (await response.json()) as { exceptions: { customer: string }[] };
  expect(page.exceptions.map(({ customer }) => customer)).toEqual(['bo']);
});

test('the command shows one who is no customer yet, and what to do', async () => {
  const told = await readExceptions({ pool: api.pool } as never, 'ada');
  expect(exceptionsText(told)).toMatch(
    /import_refused sub_1[^]*by tollkeeper import apply, or import undo/,
  );
  await expect(readExceptions({ pool: api.pool } as never, 'cy')).rejects.toThrow(DomainError);
});
