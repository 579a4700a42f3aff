/** A vendor gets one account, whatever breaks off on the way and however often it is asked for. */
import { startVendorApi, withVendors } from '../../support/vendors/vendor-api';
import type { VendorApi } from '../../support/vendors/vendor-api';
import type { Loss } from '../../support/network/faulty-proxy';

/** Account, contact, onboarding link. */
const WRITES = [1, 2, 3];
const LOSSES: readonly Loss[] = ['request', 'answer'];
const CASES = LOSSES.flatMap((loss) => WRITES.map((step) => ({ loss, step })));
const vendorOf = ({ loss, step }: (typeof CASES)[number]) => `lost_${loss}_${step}`;

let api: VendorApi;
beforeAll(async () => {
  const others = ['moved', 'late', 'many', 'crashed'];
  api = await startVendorApi(withVendors(...CASES.map(vendorOf), ...others));
});
afterAll(() => api.close());

test.each(CASES)(
  'when the $loss of write $step is lost, the next request goes on and nothing is twice',
  async (lost) => {
    const vendor = vendorOf(lost);
    const body = { email: 'lost@example.com' };
    api.proxy.loseWrite(lost.step, lost.loss);
    expect(await api.put(vendor, body)).toMatchObject({ status: 502, code: 'stripe_error' });
    const answer = await api.put(vendor, body);
    const accounts = await api.accountsOf(vendor);
    expect(accounts).toHaveLength(1);
    expect(accounts[0]?.email).toBe('lost@example.com');
    expect(answer).toMatchObject({ status: 200, stripeAccountId: accounts[0]?.id });
    expect(answer.onboardingUrl).toContain(accounts[0]?.id);
  },
);

test('a request with another e-mail goes on from a broken one all the same', async () => {
  api.proxy.loseWrite(1, 'answer');
  await api.put('moved', { email: 'old@example.com' });
  const moved = { email: 'new@example.com', name: 'Moved' };
  expect(await api.put('moved', moved)).toMatchObject({ status: 200, ...moved });
  expect(await api.accountsOf('moved')).toMatchObject([{ email: 'new@example.com' }]);
});

test('a process that died before it stored the account’s id is gone on from', async () => {
  const body = { email: 'crashed@example.com' };
  const { stripeAccountId } = await api.put('crashed', body);
  await api.pool.query(
    `update vendors set stripe_account_id = null, updated_at = now() where vendor = 'crashed'`,
  );
  expect(await api.put('crashed', body)).toMatchObject({ status: 200, stripeAccountId });
  expect(await api.accountsOf('crashed')).toHaveLength(1);
});

test('after 23 hours, when Stripe may have forgotten our key, it looks before it makes', async () => {
  const body = { email: 'late@example.com' };
  const { stripeAccountId } = await api.put('late', body);
  await api.pool.query(
    `update vendors set stripe_account_id = null, created_at = created_at - interval '24 hours'
      where vendor = 'late'`,
  );
  const writes = api.proxy.writes.length;
  expect(await api.put('late', body)).toMatchObject({ status: 200, stripeAccountId });
  expect(api.proxy.writes.slice(writes)).not.toContain('POST /v1/accounts');
});

test('ten requests at once make one account', async () => {
  const body = { email: 'many@example.com' };
  const answers = await Promise.all(Array.from({ length: 10 }, () => api.put('many', body)));
  expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(9).fill(200), 201]);
  expect(new Set(answers.map(({ stripeAccountId }) => stripeAccountId)).size).toBe(1);
  expect(await api.accountsOf('many')).toHaveLength(1);
});
