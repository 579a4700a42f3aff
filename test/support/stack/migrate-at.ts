/** `tollkeeper migrate` of a test's database, as a process of its own: Jest loads no ES modules. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export async function migrateAt(url: string, ...options: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['bin/tollkeeper.js', 'migrate', ...options],
    {
      env: {
        ...process.env,
        DATABASE_URL: url,
        STRIPE_SECRET_KEY: 'sk_test_none',
        STRIPE_WEBHOOK_SECRET: 'whsec_none',
      },
    },
  );
  return stdout;
}
