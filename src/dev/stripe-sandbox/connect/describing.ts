/** What a platform may say of a connected account, and what that fulfils of its requirements. */
import type { Account } from '../objects-connect';
import type { BankAccount } from '../objects-money';
import { FAILING_NUMBERS } from '../money/payouts';
import { invalid } from '../protocol/fault';
import * as p from '../protocol/params';
import { newBankAccount } from '../shapes/account';
import { accountNow } from '../world';
import type { World } from '../world';

const CAPABILITY = p.object({ requested: p.bool });
const ADDRESS = p.object({
  city: p.text,
  country: p.text,
  line1: p.text,
  line2: p.text,
  postal_code: p.text,
  state: p.text,
});
const SCHEDULE = p.object({ interval: p.oneOf('manual'), delay_days: p.anything });
export const BANK = p.object(
  {
    account_holder_name: p.text,
    account_holder_type: p.oneOf('company', 'individual'),
    account_number: p.filled,
    country: p.filled,
    currency: p.filled,
    object: p.oneOf('bank_account'),
    routing_number: p.filled,
  },
  ['account_number', 'country'],
);
const TOKENS: Record<string, string> = {
  btok_us_verified: '000123456789',
  btok_us_verified_noAccount: '000111111116',
};
export const EXTERNAL = p.either(p.oneOf('btok_us_verified', 'btok_us_verified_noAccount'), BANK);

export const DESCRIPTION = {
  business_profile: p.object({
    mcc: p.text,
    name: p.text,
    product_description: p.text,
    support_email: p.text,
    support_phone: p.text,
    support_url: p.text,
    url: p.text,
  }),
  business_type: p.oneOf('company', 'government_entity', 'individual', 'non_profit'),
  capabilities: p.object({ card_payments: CAPABILITY, transfers: CAPABILITY }),
  company: p.object({ address: ADDRESS, name: p.text, phone: p.text, tax_id: p.text }),
  default_currency: p.oneOf('usd'),
  email: p.unsettable(p.text),
  external_account: EXTERNAL,
  individual: p.object({
    address: ADDRESS,
    dob: p.object({ day: p.positive, month: p.positive, year: p.positive }),
    email: p.text,
    first_name: p.text,
    id_number: p.text,
    last_name: p.text,
    phone: p.text,
    ssn_last_4: p.text,
  }),
  metadata: p.metadata,
  settings: p.object({
    payouts: p.object({ debit_negative_balances: p.bool, schedule: SCHEDULE }),
  }),
  tos_acceptance: p.object({ date: p.positive, ip: p.text, user_agent: p.text }),
};

type Said = p.Parsed<typeof DESCRIPTION>;

export function describeAccount(world: World, account: Account, description: Said): void {
  if (description.tos_acceptance && account.controller.requirement_collection !== 'application') {
    throw invalid(
      'You cannot accept the Terms of Service on behalf of accounts whose requirements Stripe ' +
        'collects: send them through an account link.',
      { param: 'tos_acceptance' },
    );
  }
  if (description.business_profile)
    account.business_profile = {
      ...(account.business_profile as object),
      ...description.business_profile,
    };
  if (description.business_type) account.business_type = description.business_type;
  if (description.email !== undefined) account.email = description.email;
  account.metadata = p.mergeMetadata(account.metadata, description.metadata);
  if (description.tos_acceptance)
    account.tos_acceptance = { ...account.tos_acceptance, ...description.tos_acceptance };
  if (description.external_account !== undefined)
    addBank(world, account, description.external_account);
  for (const part of ['business_profile', 'company', 'individual', 'tos_acceptance'] as const)
    note(account.given, part, description[part]);
  const { 'individual.id_number': number } = account.given;
  if (number) account.given['individual.ssn_last_4'] ??= number.slice(-4);
  showPerson(world, account, description);
  for (const [name, capability] of Object.entries(description.capabilities ?? {}))
    if (capability.requested !== undefined) request(world, account, name, capability.requested);
}

/** `individual: { dob: { day } }` was given as `individual.dob.day`. */
function note(values: Record<string, string>, path: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value !== 'object' || value === null) {
    if (value === '') delete values[path];
    else values[path] = String(value as string | number);
    return;
  }
  for (const [name, part] of Object.entries(value)) note(values, `${path}.${name}`, part);
}

function showPerson(world: World, account: Account, description: Said): void {
  if (description.company)
    account.company = {
      ...((account.company as object | undefined) ?? {}),
      ...without(description.company, ['tax_id']),
      tax_id_provided: account.given['company.tax_id'] !== undefined,
    };
  if (!description.individual) return;
  const person = account.individual as Record<string, unknown> | undefined;
  account.individual = {
    id: `person_${account.id.slice(5)}`,
    object: 'person',
    account: account.id,
    created: accountNow(world),
    ...person,
    ...without(description.individual, ['id_number', 'ssn_last_4']),
    id_number_provided: account.given['individual.id_number'] !== undefined,
    ssn_last_4_provided: account.given['individual.ssn_last_4'] !== undefined,
  };
}

function without(fields: object, secrets: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !secrets.includes(name)));
}

export function request(world: World, account: Account, name: string, isAsked: boolean): void {
  if (isAsked) {
    account.requestedAt[name] ??= accountNow(world);
    account.capabilities[name] ??= 'inactive';
    return;
  }
  delete account.requestedAt[name];
  delete account.capabilities[name];
}

export function addBank(
  world: World,
  account: Account,
  params: ReturnType<typeof EXTERNAL>,
): BankAccount {
  const number = typeof params === 'string' ? TOKENS[params] : params.account_number;
  if (!number || !/^\d{4,17}$/.test(number)) {
    throw invalid(`Invalid bank account number: ${String(number)}. Expected 4 to 17 digits.`, {
      code: 'account_number_invalid',
      param: 'external_account[account_number]',
    });
  }
  const details = typeof params === 'string' ? {} : params;
  const isFirst = world.store.where('bank_account', 'owner', account.id).length === 0;
  const bank = newBankAccount({
    currency: details.currency?.toLowerCase() ?? 'usd',
    country: details.country ?? 'US',
    last4: number.slice(-4),
    owner: account.id,
    failsWith: FAILING_NUMBERS[number] ?? null,
    holderName: details.account_holder_name,
    holderType: details.account_holder_type,
    routingNumber: details.routing_number,
  });
  bank.default_for_currency = isFirst;
  return world.store.put('bank_account', bank);
}
