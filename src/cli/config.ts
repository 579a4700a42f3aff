/** `tollkeeper config`: what the environment says, without secrets. */
import { environmentSchema, loadApiConfig } from '../config';
import { print } from './operator/operator';
import type { OutputOptions } from './operator/operator';

const SECRET = /SECRET|API_KEY|UPSTREAMS|PAYLOAD_KEYS|SERVER_KEY|DATABASE_URL|SMTP_URL/;

export async function showConfig(options: OutputOptions & { validate?: boolean }): Promise<void> {
  const config = loadApiConfig();
  if (options.validate) {
    print({ valid: true }, () => 'The environment is complete and valid.', options);
    return;
  }
  const names = Object.keys(environmentSchema.shape) as (keyof typeof config)[];
  const rows = names.map((name) => {
    const value = config[name] ?? null;
    return [name, SECRET.test(name) && value !== null ? '(set)' : value] as const;
  });
  print(
    Object.fromEntries(rows),
    () => rows.map(([name, value]) => `${name}=${value ?? '(not set)'}`).join('\n'),
    options,
  );
}
