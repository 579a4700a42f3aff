/** A vendor gets one account at Stripe, its onboarding link, and is shown as Stripe has it. */
import { readAuditEntries, verifyAuditChain } from '../../../src/db/audit-entries';
import { startVendorApi, withVendors } from '../../support/vendors/vendor-api';
import type { VendorApi } from '../../support/vendors/vendor-api';

let api: VendorApi;
beforeAll(async () => {
  api = await startVendorApi(withVendors('moved', 'ready', 'shown', 'lost', 'fixed', 'abroad'));
});
afterAll(() => api.close());

const BODY = { email: 'pay@acme.example' };
const LINK = /\/_sandbox\/onboarding\?account=acct_/;

test('a new vendor has an account for which we answer, restricted until it is onboarded', async () => {
  const made = await api.put('acme', BODY);
  const [account, ...others] = await api.accountsOf('acme');
  expect(others).toEqual([]);
  expect(made).toEqual({
    status: 201,
    vendor: 'acme',
    email: 'pay@acme.example',
    name: 'Acme AI',
    country: 'US',
    stripeAccountId: account?.id,
    transfersStatus: 'inactive',
    payoutsEnabled: false,
    requirementsDue: account?.requirements?.currently_due,
    disabledReason: 'requirements.past_due',
    deauthorizedAt: null,
    feePercent: '15',
    onboardingUrl: expect.stringMatching(LINK) as string,
  });
  expect(account).toMatchObject({
    email: 'pay@acme.example',
    business_profile: { name: 'Acme AI' },
    controller: {
      fees: { payer: 'application' },
      losses: { payments: 'application' },
      stripe_dashboard: { type: 'express' },
    },
  });
});

test('asked for again it is the same vendor, with another contact if it has one', async () => {
  const made = await api.put('moved', BODY);
  const again = await api.put('moved', { email: 'new@moved.example', name: 'Moved Inc.' });
  expect(again).toMatchObject({
    status: 200,
    stripeAccountId: made.stripeAccountId,
    email: 'new@moved.example',
    name: 'Moved Inc.',
  });
  expect(await api.put('moved', { email: 'new@moved.example' })).toMatchObject({
    name: 'Moved Inc.',
  });
  const [account, ...others] = await api.accountsOf('moved');
  expect(others).toEqual([]);
  expect(account).toMatchObject({
    email: 'new@moved.example',
    business_profile: { name: 'Moved Inc.' },
  });
});

test('an onboarded vendor is asked for nothing more, and its payouts are told', async () => {
  await api.readyVendor('ready');
  api.told.length = 0;
  expect(await api.put('ready', BODY)).toMatchObject({
    transfersStatus: 'active',
    payoutsEnabled: true,
    requirementsDue: [],
    disabledReason: null,
    onboardingUrl: null,
  });
  expect(api.told).toEqual(['ready']);
  const entries = await readAuditEntries(api.pool, 'vendor:ready');
  expect(entries.map(({ kind }) => kind).slice(-2)).toEqual([
    'vendor_account_created',
    'vendor_account_changed',
  ]);
  expect(verifyAuditChain(entries)).toEqual({ intact: true });
  expect(JSON.stringify(entries)).not.toContain('example.com');
});

test('vendors are shown one by one and all together, without a link', async () => {
  const { onboardingUrl, ...shown } = await api.put('shown', BODY);
  expect(onboardingUrl).not.toBeNull();
  await api.put('globex', BODY);
  expect(await api.ask('GET', 'vendors/shown')).toEqual({ ...shown, status: 200 });
  const { vendors } = await api.ask('GET', 'vendors');
  expect(vendors).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ vendor: 'globex', feePercent: '20' }),
      expect.objectContaining({ vendor: 'shown', feePercent: '15' }),
    ]),
  );
});

test('an account that Stripe does not show us any more is known to be lost', async () => {
  const { stripeAccountId } = await api.put('lost', BODY);
  await api.stripe.accounts.del(String(stripeAccountId));
  expect(await api.put('lost', { email: 'other@lost.example' })).toMatchObject({
    status: 200,
    transfersStatus: 'inactive',
    deauthorizedAt: expect.stringMatching(/^20/) as string,
    onboardingUrl: null,
  });
});

describe('is refused:', () => {
  test('a vendor that the catalog does not have, naming those it has', async () => {
    const answer = await api.put('initech', BODY);
    expect(answer).toMatchObject({ status: 404, code: 'vendor_not_found' });
    expect(answer.detail).toMatch(/acme, globex/);
    expect(await api.accountsOf('initech')).toEqual([]);
  });

  test('to show a vendor that has no account yet, with the way to one', async () => {
    const answer = await api.ask('GET', 'vendors/abroad');
    expect(answer).toMatchObject({ status: 404, code: 'vendor_not_found' });
    expect(answer.detail).toMatch(/PUT \/v1\/vendors\/abroad/);
  });

  test('another country for an account that is made', async () => {
    await api.put('fixed', BODY);
    const answer = await api.put('fixed', { ...BODY, country: 'DE' });
    expect(answer).toMatchObject({ status: 409, code: 'vendor_conflict', country: 'US' });
  });

  test('a country that Stripe does not take, until a right one is named', async () => {
    const answer = await api.put('abroad', { ...BODY, country: 'DE' });
    expect(answer).toMatchObject({ status: 502, code: 'stripe_error', retryable: false });
    expect(await api.put('abroad', { ...BODY, country: 'US' })).toMatchObject({
      status: 200,
      country: 'US',
    });
    expect(await api.accountsOf('abroad')).toHaveLength(1);
  });

  test.each<[string, string, unknown, RegExp]>([
    ['no e-mail', 'acme', {}, /email/],
    ['a country that is none', 'acme', { ...BODY, country: 'USA' }, /two capital letters/],
    ['a field that does not exist', 'acme', { ...BODY, fee: '10' }, /fee/],
    ['an id that is none of a catalog', 'Acme!', BODY, /expected the id of a vendor/],
  ])('%s', async (_case, vendor, body, reason) => {
    const answer = await api.put(vendor, body);
    expect(answer).toMatchObject({ status: 422, code: 'invalid_request' });
    expect(answer.detail).toMatch(reason);
  });
});
