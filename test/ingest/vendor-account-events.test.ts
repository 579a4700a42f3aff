/** What Stripe tells of a vendor's account is read again, kept once, and told to payouts. */
import type { Pool } from 'pg';
import { readAuditEntries } from '../../src/db/audit-entries';
import { createPool } from '../../src/db/pool';
import { findVendor } from '../../src/db/vendors';
import type { ConnectedAccount } from '../../src/core/vendors/vendor-account';
import { forwardStripeEventsOnce } from '../../src/ingest/stripe-event-forwarder';
import { createConnectedAccounts } from '../../src/stripe/connected-accounts';
import { followVendorAccount } from '../../src/db/follow-vendor-account';
import { readListedEvent } from '../../src/stripe/received-event';
import { receiveStripeEvent } from '../../src/db/stripe-events';
import { startVendorApi, withVendors } from '../support/vendors/vendor-api';
import type { VendorApi } from '../support/vendors/vendor-api';

let api: VendorApi;
let pool: Pool;
let told: string[];
let temporalIsDown: boolean;
beforeAll(async () => {
  api = await startVendorApi(
    withVendors('new', 'gone', 'late', 'limited', 'busy', 'unsure', 'patient'),
  );
  pool = api.pool;
});
afterAll(() => api.close());
beforeEach(() => {
  told = [];
  temporalIsDown = false;
});

const BODY = { email: 'pay@vendor.example' };
const forward = () =>
  forwardStripeEventsOnce({
    pool,
    log: { warn: () => undefined, info: () => undefined },
    readMeterErrors: async () => null,
    readChargeCustomer: async () => null,
    adoptSubscription: async () => null,
    readAccount: createConnectedAccounts(api.stripe).read,
    vendorChanged: async (vendor) => {
      if (temporalIsDown) throw new Error('14 UNAVAILABLE');
      told.push(vendor);
    },
    signals: { signalStripeEvent: async () => undefined },
  });

/** All that Stripe has told of this account and is not in the inbox yet. */
async function receive(account: string): Promise<void> {
  const { data } = await api.stripe.events.list({ limit: 100 });
  for (const event of data.filter((one) => one.account === account).reverse())
    await receiveStripeEvent(pool, readListedEvent(event));
}
const made = async (vendor: string) => String((await api.put(vendor, BODY)).stripeAccountId);
const kinds = async (vendor: string) =>
  (await readAuditEntries(pool, `vendor:${vendor}`)).map(({ kind }) => kind);
const stateOf = async (account: string) =>
  (
    await pool.query('select status, last_error from stripe_events where stripe_account = $1', [
      account,
    ])
  ).rows as { status: string; last_error: string | null }[];
const wait = (minutes: number) =>
  pool.query(
    `update stripe_events set next_attempt_at = next_attempt_at - make_interval(mins => $1),
                              received_at = received_at - make_interval(mins => $1)
      where status = 'waiting'`,
    [minutes],
  );

test('a vendor that has settled what was due may be paid, and its payouts hear of it', async () => {
  const account = await made('new');
  await api.stripe.accounts.createExternalAccount(account, {
    external_account: 'btok_us_verified',
  });
  await api.order('onboarding', { account });
  await receive(account);
  await forward();
  expect(await findVendor(pool, 'new')).toMatchObject({
    transfersStatus: 'active',
    payoutsEnabled: true,
    requirementsDue: [],
    disabledReason: null,
  });
  expect(new Set(told)).toEqual(new Set(['new']));
  expect(await kinds('new')).toEqual(['vendor_account_created', 'vendor_account_changed']);
});

test('a vendor that is limited again may not be paid, and what is due is known', async () => {
  const account = await api.readyVendor('limited');
  const due = ['individual.verification.document'];
  await api.order('accounts', { account, transfers: 'inactive', currently_due: due });
  await receive(account);
  await forward();
  expect(await findVendor(pool, 'limited')).toMatchObject({
    transfersStatus: 'inactive',
    requirementsDue: due,
  });
});

test('a vendor that takes our access back is known to have done so', async () => {
  const account = await made('gone');
  await api.stripe.accounts.del(account);
  await receive(account);
  await forward();
  const { deauthorizedAt } = (await findVendor(pool, 'gone')) ?? {};
  expect(deauthorizedAt).toBeInstanceOf(Date);
  await forward();
  expect((await findVendor(pool, 'gone'))?.deauthorizedAt).toEqual(deauthorizedAt);
});

test('while Temporal is down the event waits, and the payouts hear of it later', async () => {
  const account = await made('busy');
  await api.order('onboarding', { account });
  await receive(account);
  temporalIsDown = true;
  await forward();
  expect(await stateOf(account)).toEqual(
    expect.arrayContaining([{ status: 'waiting', last_error: '14 UNAVAILABLE' }]),
  );
  temporalIsDown = false;
  await wait(1);
  await forward();
  expect(new Set(told)).toEqual(new Set(['busy']));
  expect((await stateOf(account)).every(({ status }) => status === 'forwarded')).toBe(true);
  expect((await kinds('busy')).filter((kind) => kind === 'vendor_account_changed')).toHaveLength(1);
});

test('an account that is not stored yet is waited for, and after some minutes a stranger’s', async () => {
  const { id: account } = await api.stripe.accounts.create({ type: 'express' });
  await api.stripe.accounts.update(account, { email: 'x@example.com' });
  await receive(account);
  await forward();
  expect(await stateOf(account)).toEqual([
    { status: 'waiting', last_error: `no vendor has the account ${account} yet` },
  ]);
  await wait(6);
  await forward();
  expect(await stateOf(account)).toEqual([
    { status: 'ignored', last_error: `${account} is no vendor's account` },
  ]);
});

test('while Stripe is asked about accounts, the database serves everybody else', async () => {
  const stripeAccountId = await made('patient');
  const narrow = createPool({ connectionString: String(pool.options.connectionString), max: 1 });
  const answer: ConnectedAccount = {
    ...{ stripeAccountId, transfersStatus: 'active', payoutsEnabled: true },
    ...{ requirementsDue: [], disabledReason: null },
  };
  const followed = await followVendorAccount(
    narrow,
    async () => {
      await narrow.query('select 1');
      return answer;
    },
    'patient',
  );
  await narrow.end();
  expect(followed.transfersStatus).toBe('active');
});

test('of two who ask at the same time, the one with the older answer never has the last word', async () => {
  const stripeAccountId = await made('unsure');
  const standing = (transfersStatus: string): ConnectedAccount => ({
    ...{ stripeAccountId, transfersStatus, payoutsEnabled: true },
    ...{ requirementsDue: [], disabledReason: null },
  });
  await followVendorAccount(pool, async () => standing('pending'), 'unsure');
  let current = standing('inactive');
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let slow: Promise<unknown> | undefined;
  await new Promise<void>((asked) => {
    const readSlowly = async () => {
      const seen = current;
      asked();
      await released;
      return seen;
    };
    slow = followVendorAccount(pool, readSlowly, 'unsure');
  });
  current = standing('active');
  await followVendorAccount(pool, async () => current, 'unsure');
  release();
  await slow;
  expect(await findVendor(pool, 'unsure')).toMatchObject({ transfersStatus: 'active' });
});
