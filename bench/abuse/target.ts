/** What there is to be abused: a customer with keys, links and a long trail, and a good one. */
import { createApiKey } from '../../src/db/api-keys';
import { createPool } from '../../src/db/pool';
import { createDashboardLinks, createPortalLinks } from '../../src/links/signed-link';
import type { Target } from './abusers';

const LINKS = { STRIPE_WEBHOOK_SECRET: 'whsec_none', DASHBOARD_SECRET: 'a secret of the abuse' };
const AUDIT_ENTRIES = 2_000;
const LINK_MS = 24 * 3_600_000;

export interface Prepared {
  readonly secrets: typeof LINKS;
  readonly target: Omit<Target, 'usageUrl' | 'otherUrl'>;
}

export async function prepare(databaseUrl: string): Promise<Prepared> {
  const pool = createPool({ connectionString: databaseUrl, max: 1 });
  try {
    await pool.query(
      `insert into customers (customer, email, plan, subscription_id, billing_status,
                              stripe_customer_id)
       select customer, 'ada@example.com', 'starter', customer, 'active', customer
         from unnest(array['ada', 'mallory']) as customer`,
    );
    // Nobody checks its chain: what it costs to read is what is looked at.
    await pool.query(
      `insert into audit_entries (customer, entry_number, key, kind, detail, at, previous_hash, hash)
       select 'mallory', number, 'key ' || number, 'usage_reported',
              jsonb_build_object('tokens', number, 'reason', repeat('x', 300)), now(),
              sha256('none'), sha256('none')
         from generate_series(1, $1::int) as number`,
      [AUDIT_ENTRIES],
    );
    const keyOf = async (scope: 'ingest' | 'read' | 'proxy') =>
      (await createApiKey(pool, { name: scope, scopes: [scope], customer: 'mallory' })).key;
    const link = { subject: 'mallory', expiresAt: new Date(Date.now() + LINK_MS) };
    const target = {
      ingestKey: await keyOf('ingest'),
      readKey: await keyOf('read'),
      proxyKey: await keyOf('proxy'),
      pageLink: `/dashboard?token=${createDashboardLinks(LINKS).sign(link)}`,
      portalLink: `/billing-portal?token=${createPortalLinks(LINKS).sign(link)}`,
    };
    return { secrets: LINKS, target };
  } finally {
    await pool.end();
  }
}
