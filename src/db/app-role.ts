/**
 * What the role needs that API and worker connect as, and nothing else: it changes no schema, and
 * what is a record of the past is only added to. The owner grants it, who runs the migrations.
 */
import { Client } from 'pg';

/** Rows of these are written once. */
const ONLY_ADDED_TO = [
  ...['audit_entries', 'former_subscriptions', 'notification_endpoints_gone'],
  ...['notifications', 'usage_batches', 'usage_events', 'usage_quarantine', 'vendor_entries'],
];

/** Rows of these are brought up to date, and stay. */
const KEPT = [
  ...['api_keys', 'billing_periods', 'billing_snapshots', 'catalog_versions', 'customers'],
  ...['drift_checks', 'imports', 'notification_deliveries', 'report_pace', 'sealing_state'],
  'stripe_event_cursor',
  ...['stripe_events', 'usage_daily', 'usage_forwarding', 'vendor_charges', 'vendors'],
];

/** Rows of these are forgotten in the end. */
const FORGOTTEN = [
  ...['idempotency_keys', 'made_batches', 'made_responses', 'span_claims', 'unknown_models'],
];

/** Table → what the role may do with its rows. */
export const APP_PRIVILEGES: Readonly<Record<string, string>> = Object.fromEntries([
  ...ONLY_ADDED_TO.map((table) => [table, 'select, insert']),
  // What the owner archived of the ledger.
  ...['usage_archives', 'usage_archive_customers'].map((table) => [table, 'select']),
  // A grant ends with the subscription that it was given on, and is otherwise as it was given.
  ['token_grants', 'select, insert, update (expires_at)'],
  ...KEPT.map((table) => [table, 'select, insert, update']),
  ...FORGOTTEN.map((table) => [table, 'select, insert, update, delete']),
]);

export class AppRoleError extends Error {
  override readonly name = 'AppRoleError';
}

/**
 * Gives the role its rights in this database, and takes any other that it has on our tables. The
 * role is there already. Throws AppRoleError if it is not, or may more than any grant says.
 */
export async function grantAppRole(databaseUrl: string, role: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await assertFit(client, role);
    const name = client.escapeIdentifier(role);
    await client.query('begin');
    await client.query(`revoke all on all tables in schema public from ${name}`);
    await client.query(`revoke create on schema public from public, ${name}`);
    await client.query(`grant usage on schema public to ${name}`);
    for (const [table, privileges] of Object.entries(APP_PRIVILEGES))
      await client.query(`grant ${privileges} on ${table} to ${name}`);
    // It deletes a customer of whom nothing was ever reported, and no other.
    await client.query(`grant execute on function forget_imported(text) to ${name}`);
    // It makes the ledger's partitions of the months to come.
    await client.query(`grant execute on function make_usage_partitions(integer) to ${name}`);
    await client.query(`grant select on usage_partitions to ${name}`);
    await client.query('commit');
  } finally {
    await client.end();
  }
}

async function assertFit(client: Client, role: string): Promise<void> {
  const { rows } = await client.query<{ superuser: boolean; owner: boolean }>(
    `select rolsuper as superuser,
            pg_has_role(rolname, (select tableowner from pg_tables
              where schemaname = 'public' and tablename = 'audit_entries'), 'member') as owner
       from pg_roles where rolname = $1`,
    [role],
  );
  const [rights] = rows;
  if (!rights)
    throw new AppRoleError(
      `There is no role ${role}: make it first, with create role ${role} login password '…'.`,
    );
  if (rights.superuser || rights.owner)
    throw new AppRoleError(
      `${role} is ${rights.superuser ? 'a superuser' : 'the owner of the tables'}, whom no grant ` +
        'limits: expected a role of its own for API and worker.',
    );
}
