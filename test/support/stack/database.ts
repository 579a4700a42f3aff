/** A fresh, migrated database for a test, cloned from the template of the global setup. */
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import type { Pool, QueryResult } from 'pg';

export const TEMPLATE_DATABASE = 'tollkeeper_template';

/** What API and worker connect as where a test plays the whole product. */
export const APP_ROLE = 'tollkeeper_app';
const APP_PASSWORD = 'app';

export interface TestDatabase {
  /** As the owner of the tables. */
  readonly url: string;
  /** As the role of API and worker. */
  readonly appUrl: string;
  drop(): Promise<void>;
}

export const createTestDatabase = (): Promise<TestDatabase> => createFrom(TEMPLATE_DATABASE);

/** A database without a schema, to be migrated step by step. */
export const createEmptyDatabase = (): Promise<TestDatabase> => createFrom('template0');

/** The original must have no connection. */
export const createCopy = ({ url }: TestDatabase): Promise<TestDatabase> =>
  createFrom(new URL(url).pathname.slice(1));

async function createFrom(template: string): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await administer(`create database ${name} template ${template}`);
  const url = new URL(administratorUrl());
  url.pathname = `/${name}`;
  const appUrl = new URL(url);
  appUrl.username = APP_ROLE;
  appUrl.password = APP_PASSWORD;
  return {
    ...{ url: url.href, appUrl: appUrl.href },
    drop: () => administer(`drop database if exists ${name} with (force)`),
  };
}

/** Once for the cluster. */
export async function createAppRole(adminUrl: string): Promise<void> {
  await administer(`create role ${APP_ROLE} login password '${APP_PASSWORD}'`, adminUrl);
}

/**
 * What the trail refuses, as its owner does it who means it: all in one transaction. How many rows
 * the first statement changed.
 */
export async function changeTrail(pool: Pool, statements: string): Promise<number | null> {
  const trigger = (verb: string) =>
    `alter table audit_entries ${verb} trigger audit_entries_append_only`;
  const text = `${trigger('disable')}; ${statements}; ${trigger('enable')}`;
  const results = (await pool.query(text)) as unknown as readonly QueryResult[];
  return results[1]?.rowCount ?? null;
}

async function administer(statement: string, adminUrl = administratorUrl()): Promise<void> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function administratorUrl(): string {
  const url = process.env.TEST_DATABASE_ADMIN_URL;
  if (url) return url;
  throw new Error(
    'TEST_DATABASE_ADMIN_URL is not set: a test with a database belongs to the integration ' +
      'project, whose global setup starts Postgres (jest.config.js).',
  );
}
