/** A fresh, migrated database for a test, cloned from the template of the global setup. */
import { randomUUID } from 'node:crypto';
import { Client } from 'pg';

export const TEMPLATE_DATABASE = 'tollkeeper_template';

export interface TestDatabase {
  readonly url: string;
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
  const url = new URL(adminUrl());
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => administer(`drop database if exists ${name} with (force)`),
  };
}

async function administer(statement: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function adminUrl(): string {
  const url = process.env.TEST_DATABASE_ADMIN_URL;
  if (url) return url;
  throw new Error(
    'TEST_DATABASE_ADMIN_URL is not set: a test with a database belongs to the integration ' +
      'project, whose global setup starts Postgres (jest.config.js).',
  );
}
