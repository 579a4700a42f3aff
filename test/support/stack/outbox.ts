/**
 * An outbox with its surroundings, for tests of one file: a database, a mailbox, an app's endpoint,
 * and a deliverer between them.
 */
import type { Pool } from 'pg';
import { insertNotification } from '../../../src/db/notifications';
import type { Channel } from '../../../src/db/notifications';
import { createPool, inTransaction } from '../../../src/db/pool';
import { startMailServer } from '../../../src/dev/mail/server';
import type { MailServer } from '../../../src/dev/mail/server';
import { createDeliverer } from '../../../src/notify/deliverer';
import type { Deliverer, DelivererDeps } from '../../../src/notify/deliverer';
import { createMailer } from '../../../src/notify/mailer';
import type { Mailer } from '../../../src/notify/mailer';
import { createWebhookSender } from '../../../src/notify/webhook';
import { startAppEndpoint } from '../network/app-endpoint';
import type { AppEndpoint } from '../network/app-endpoint';
import { aThreshold } from '../builders/builders';
import { createTestDatabase } from './database';
import type { TestDatabase } from './database';

export const DECIDED_AT = new Date('2026-01-20T10:00:00.000Z');

export interface TestOutbox {
  readonly pool: Pool;
  app: AppEndpoint;
  /** Lines of the deliverers' log. */
  readonly logged: readonly string[];
  aDeliverer(change?: Partial<DelivererDeps>): Deliverer;
  /** One pass of a deliverer of its own; how many deliveries it took. */
  deliver(change?: Partial<DelivererDeps>): Promise<number>;
  tell(key: string, channels?: readonly Channel[]): Promise<boolean>;
  /** ada, with a name that would be markup. */
  addCustomer(email: string): Promise<void>;
  /** As if so much time had passed for what waits. */
  pass(seconds: number): Promise<void>;
  statesOf(key: string): Promise<DeliveryState[]>;
  mailsTo(address: string): MailServer['messages'];
}

interface DeliveryState {
  readonly channel: Channel;
  readonly state: string;
  readonly attempts: number;
  readonly last_error: string | null;
}

/** Empty before each test. */
export function useOutbox(): TestOutbox {
  const around = { logged: [] as string[] } as Surroundings;
  useSurroundings(around);
  const outbox: TestOutbox = {
    get pool() {
      return around.pool;
    },
    get logged() {
      return around.logged;
    },
    get app() {
      return around.app;
    },
    set app(app) {
      around.app = app;
    },
    aDeliverer: (change) => createDeliverer({ ...delivererDeps(around), ...change }),
    deliver: async (change) => {
      const deliverer = outbox.aDeliverer(change);
      const taken = await deliverer.deliverDue();
      await deliverer.untilIdle();
      return taken;
    },
    tell: (key, channels = ['webhook']) => insertThreshold(around.pool, key, channels),
    addCustomer: async (email) => {
      await around.pool.query(
        `insert into customers (customer, email, name, plan) values ('ada', $1, '<b>&', 'pro')`,
        [email],
      );
    },
    pass: (seconds) => makeOlder(around.pool, seconds),
    statesOf: async (key) => {
      const { rows } = await around.pool.query<DeliveryState>(
        `select channel, state, attempts, last_error from notification_deliveries
          where key = $1 order by channel`,
        [key],
      );
      return rows;
    },
    mailsTo: (address) => around.mail.messages.filter(({ to }) => to.includes(address)),
  };
  return outbox;
}

/** What an outbox stands between; the app and the log are each test's own. */
interface Surroundings {
  pool: Pool;
  mail: MailServer;
  mailer: Mailer;
  app: AppEndpoint;
  logged: string[];
}

function useSurroundings(around: Surroundings): void {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
    around.pool = createPool({ connectionString: database.url });
    around.mail = await startMailServer({ smtpPort: 0, httpPort: 0 });
    const { smtpUrl } = around.mail;
    around.mailer = createMailer({ smtpUrl, from: 'billing@shop.example' });
  });
  afterAll(async () => {
    around.mailer.close();
    await around.mail.close();
    await around.pool.end();
    await database.drop();
  });
  beforeEach(async () => {
    around.app = await startAppEndpoint();
    around.logged = [];
    await around.pool.query(
      'truncate notifications, notification_deliveries, notification_endpoints_gone, customers cascade',
    );
  });
  afterEach(() => around.app.close());
}

function delivererDeps(around: Surroundings): DelivererDeps {
  const noteLine = (_about: object, line: string) => void around.logged.push(line);
  const log = { info: noteLine, warn: noteLine, error: noteLine };
  return {
    ...{ pool: around.pool, mailer: around.mailer, log: log as unknown as DelivererDeps['log'] },
    webhook: createWebhookSender(around.app),
    links: (customer) => ({
      dashboardUrl: `https://shop.example/${customer}`,
      billingPortalUrl: `https://shop.example/pay/${customer}`,
      cardUrl: `https://shop.example/card/${customer}`,
    }),
  };
}

const insertThreshold = (pool: Pool, key: string, channels: readonly Channel[]) =>
  inTransaction(pool, (client) =>
    insertNotification(client, {
      ...{ key, customer: 'ada', channels, decidedAt: DECIDED_AT },
      notification: { type: 'usage.threshold_reached', data: aThreshold() },
    }),
  );

async function makeOlder(pool: Pool, seconds: number): Promise<void> {
  await pool.query(
    `with older as (
       update notifications set created_at = created_at - make_interval(secs => $1))
     update notification_deliveries
        set next_attempt_at = next_attempt_at - make_interval(secs => $1)`,
    [seconds],
  );
}
