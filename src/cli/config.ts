/** `tollkeeper config`: what the environment says, without secrets. */
import { environmentSchema, loadConfig } from '../config';

const SECRET = /SECRET|API_KEY|DATABASE_URL|SMTP_URL/;

export async function showConfig({ validate }: { validate?: boolean }): Promise<void> {
  const config = loadConfig();
  if (validate) {
    console.log('The environment is complete and valid.');
    return;
  }
  for (const name of Object.keys(environmentSchema.shape) as (keyof typeof config)[]) {
    const value = config[name] ?? '(not set)';
    console.log(`${name}=${SECRET.test(name) && config[name] ? '(set)' : value}`);
  }
}
