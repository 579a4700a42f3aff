/**
 * Goal: what the chart in deploy/helm makes is taken by Kubernetes, starts, and gives each process
 * the secrets that it needs and no other.
 */
import { parse } from 'yaml';
import { loadApiConfig, loadConfig, loadMigrationConfig } from '../../src/config';
import { readText } from '../docs/documents';
import {
  findHelm,
  findValidator,
  lint,
  manifestsIn,
  refusals,
  render,
} from '../support/deploy/chart';
import type { Container, Manifest } from '../support/deploy/chart';

const BUILD_LIMIT_MS = 600_000;
/** The chart's values alone, and those of deploy/helm/tollkeeper/examples. */
const EXAMPLES = [undefined, 'small', 'production', 'proxy'];
const [OLDEST, NEWEST] = ['1.27', '1.37'];

let helm: string;
let python: string;
beforeAll(async () => {
  helm = await findHelm();
  python = await findValidator();
}, BUILD_LIMIT_MS);

const manifests = (example: string | undefined) => manifestsIn(render(helm, example, NEWEST));

const containers = (example: string | undefined): Container[] =>
  manifests(example).flatMap(({ spec }) => spec?.template?.spec.containers ?? []);

const commandOf = ({ args, env }: Container): string =>
  env.some(({ name, value }) => name === 'API_SERVES' && value === 'usage')
    ? 'usage'
    : String(args[0]);

/** Each variable, those of secrets with what a secret of that name would be. */
const SECRETS: Readonly<Record<string, string>> = {
  DATABASE_URL: 'postgres://app:made-up@db:5432/tollkeeper', // A made-up secret.
  STRIPE_SECRET_KEY: 'sk_test_1',
  STRIPE_WEBHOOK_SECRET: 'whsec_1',
  DASHBOARD_SECRET: 'x'.repeat(32),
  SMTP_URL: 'smtp://mail:25',
  TEMPORAL_PAYLOAD_KEYS: `${'A'.repeat(43)}=`,
};
const environmentOf = ({ env }: Container) =>
  Object.fromEntries(env.map(({ name, value }) => [name, value ?? SECRETS[name] ?? 'secret']));

const secretsOf = ({ env }: Container): string[] =>
  env.flatMap(({ name, valueFrom }) => (valueFrom ? [name] : [])).sort();

test.each(EXAMPLES)('the values %s: Helm finds no fault with the chart', (example) => {
  expect(lint(helm, example)).toContain('1 chart(s) linted, 0 chart(s) failed');
});

test.each(EXAMPLES)(
  'the values %s: the oldest and the newest Kubernetes take all of it',
  (example) => {
    for (const version of [OLDEST, NEWEST])
      expect(refusals(python, render(helm, example, version), version)).toEqual([]);
  },
);

test('a field that Kubernetes does not know is refused', () => {
  const text = render(helm, 'small', NEWEST).replace('replicas: 1', 'replicaz: 1');
  expect(refusals(python, text, NEWEST).join()).toContain("'replicaz' was unexpected");
});

test.each(EXAMPLES)('the values %s: each process starts with what it is given', (example) => {
  const loaders = {
    api: loadApiConfig,
    usage: loadApiConfig,
    worker: loadConfig,
    migrate: loadMigrationConfig,
  };
  for (const container of containers(example)) {
    const command = commandOf(container) as keyof typeof loaders;
    const { API_SERVES } = environmentOf(container);
    expect(loaders[command](environmentOf(container))).toMatchObject({
      DATABASE_URL: SECRETS.DATABASE_URL,
      ...(API_SERVES && { API_SERVES: command === 'usage' ? 'usage' : 'all' }),
    });
  }
});

test('each process has the secrets that it needs, and only migrations the password of the owner', () => {
  const all = Object.fromEntries(containers(undefined).map((one) => [commandOf(one), one]));
  const ofBilling = ['DASHBOARD_SECRET', 'DATABASE_URL', 'STRIPE_SECRET_KEY'];
  expect(
    Object.fromEntries(Object.entries(all).map(([name, one]) => [name, secretsOf(one)])),
  ).toEqual({
    api: [...ofBilling, 'STRIPE_WEBHOOK_SECRET'],
    worker: [...ofBilling, 'STRIPE_WEBHOOK_SECRET'],
    usage: ['DATABASE_URL'],
    migrate: ['DATABASE_URL'],
  });
  const databases = Object.entries(all).map(([name, { env }]) => {
    const found = env.find((one) => one.name === 'DATABASE_URL');
    return [name, found?.valueFrom?.secretKeyRef.name];
  });
  expect(Object.fromEntries(databases)).toEqual({
    ...{ api: 'tollkeeper-database', usage: 'tollkeeper-database' },
    ...{ worker: 'tollkeeper-database', migrate: 'tollkeeper-database-owner' },
  });
});

test('pods write nowhere but in volumes, gain no rights, and ask Kubernetes for nothing', () => {
  const pods = EXAMPLES.flatMap((example) =>
    manifests(example).flatMap(({ spec }) => (spec?.template ? [spec.template.spec] : [])),
  );
  for (const pod of pods) {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    });
    for (const container of pod.containers)
      expect(container.securityContext).toEqual({
        ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
        capabilities: { drop: ['ALL'] },
      });
  }
});

test('an API is sent requests only while it is ready, and restarted only when it does not answer', () => {
  for (const container of containers('production').filter(({ args }) => args[0] === 'api'))
    expect(container).toMatchObject({
      readinessProbe: { httpGet: { path: '/readyz' } },
      livenessProbe: { httpGet: { path: '/healthz' } },
    });
});

const named = (all: readonly Manifest[], kind: string) =>
  all.filter((one) => one.kind === kind).map(({ metadata }) => metadata.name);

test('in production several of each grow, none of two go at once, and strangers are kept out', () => {
  const all = manifests('production');
  expect(named(all, 'HorizontalPodAutoscaler')).toEqual(['bill-api', 'bill-usage']);
  expect(named(all, 'PodDisruptionBudget')).toEqual(['bill-api', 'bill-usage', 'bill-worker']);
  expect(named(all, 'NetworkPolicy')).toHaveLength(4);
  const worker = all.find(({ metadata }) => metadata.name === 'bill-worker-0-2-0');
  expect(worker?.spec?.template?.spec.containers[0]?.image).toBe('tollkeeper:0.2.0');
});

test('what the proxy has not sent yet outlives its pod', () => {
  const [api] = manifests('proxy').filter(({ kind }) => kind === 'StatefulSet');
  expect(api?.spec?.volumeClaimTemplates).toMatchObject([{ metadata: { name: 'spool' } }]);
});

test('compose runs what the chart runs', () => {
  const { services } = parse(readText('docker-compose.yml'), { merge: true }) as {
    services: Record<string, { image?: string; command?: string[]; profiles?: string[] }>;
  };
  const ours = Object.values(services).filter(({ image }) => image === 'tollkeeper');
  const commands = ours.map(({ command }) => command?.[0]);
  expect(commands).toEqual(
    expect.arrayContaining(containers(undefined).map(({ args }) => args[0])),
  );
});

test('migrations come before the rest of a release', () => {
  const [job] = manifests(undefined).filter(({ kind }) => kind === 'Job');
  expect(job?.metadata.annotations?.['helm.sh/hook']).toBe('pre-install,pre-upgrade');
  expect(job?.spec?.template?.spec.containers[0]?.args).toEqual([
    ...['migrate', '--app-role', 'tollkeeper_app'],
  ]);
});
