/**
 * Goal: what the README and the guides tell people to run does what they say, as it stands there.
 * Method: a newcomer's clone with its stack; every code block is run in it, the apps' code against
 * a stand-in for OpenAI. A block that nothing here runs is a failure, or named in NOT_RUN with why.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { createPool } from '../../src/db/pool';
import { documentBlocks } from '../support/stack/document-blocks';
import type { DocumentBlock } from '../support/stack/document-blocks';
import { eventually } from '../support/stack/eventually';
import { linkClients, nodeGuide, runNode } from '../support/sdk/node-guide';
import { startNewcomer } from '../support/stack/newcomer';
import type { Newcomer } from '../support/stack/newcomer';
import { payAt } from '../support/sandbox/checkout-form';
import { pythonGuide } from '../support/sdk/python-guide';
import { takesAWebhook } from '../support/stack/webhook-route';
import { findPython } from '../support/sdk/python';
import { startOpenAIServer } from '../support/openai/openai-server';
import type { OpenAIServer } from '../support/openai/openai-server';
import { answerCases } from '../support/providers/answer-cases';
import { startAnswerServer } from '../support/providers/answer-server';
import type { AnswerServer } from '../support/providers/answer-server';

const START = 'README.md sh 1';
const INSTALL_SDK = 'docs/guides/integrate-an-app.md sh 1';
/** What the stand-in for Anthropic answers. */
const MESSAGE = 'anthropic.json: caches are beside the input';
const NOT_RUN: Readonly<Record<string, string>> = {
  'README.md text 1': 'a drawing',
  'docs/explain/architecture.md mermaid 1': 'a drawing',
  'docs/guides/operate/traces.md text 1': 'a drawing',
  'docs/guides/go-live.md sh 1': 'needs an account at Stripe; without its key it is the README’s',
  'docs/guides/operate/cluster.md sh 1': 'runs until it is ended: test/journey/cluster.test.ts',
  'docs/guides/operate/drill.md sh 1': 'takes minutes, and breaks whatever there is',
  'docs/guides/operate/drill.md sh 2': 'takes minutes, and a stack of its own',
  'docs/guides/operate/kubernetes.md sh 1': 'needs Kubernetes: test/dev/helm-chart.test.ts',
  'docs/guides/operate/install.md sql 1':
    'makes a role that stays: played by test/db/app-role.test.ts on a database of its own',
  'docs/guides/operate/upgrade.md sh 1':
    'needs a second version of the worker: played by test/journey/worker-versions.test.ts',
  'docs/guides/operate/limits.md caddy 1': 'Caddy is no package of a registry here',
  'docs/guides/operate/limits.md http 1':
    'an answer, as test/api/limits/request-limits.test.ts has it',
  'docs/guides/react.md ts 1': 'is of a framework: test/support/browser/react-app.ts has its like',
  'docs/guides/react.md tsx 1': 'is for a browser: played by test/browser/react.test.ts',
  'CONTRIBUTING.md sh 1': 'runs the tests, of which this is one',
  'CONTRIBUTING.md sh 2': 'needs an account at Stripe',
  'CONTRIBUTING.md sh 3': 'commits and tags: played by test/bin/release.test.ts',
};

const blocks = documentBlocks();
const nameOf = ({ name }: DocumentBlock) => name;
const block = (name: string) => blocks.find((each) => each.name === name) as DocumentBlock;

let newcomer: Newcomer;
let openai: OpenAIServer;
let anthropic: AnswerServer;
let app: string;
let spool: string;
/** The key of ada-lovelace, for the proxy. */
let proxyKey: string;

beforeAll(async () => {
  await findPython();
  openai = await startOpenAIServer();
  anthropic = await startAnswerServer();
  for (const [name, answer] of answerCases()) if (name === MESSAGE) anthropic.play(answer);
  spool = mkdtempSync(join(tmpdir(), 'tollkeeper-spool-'));
  newcomer = await startNewcomer(block(START).code, {
    OPENAI_UPSTREAM_URL: openai.url,
    OPENAI_UPSTREAM_API_KEY: 'sk-of-the-provider',
    OPENAI_SPOOL_DIRECTORY: spool,
  });
  app = mkdtempSync(join(tmpdir(), 'tollkeeper-app-'));
  writeFileSync(join(app, 'package.json'), '{ "name": "app", "private": true }');
  await newcomer.run(installSdk(block(INSTALL_SDK).code));
  await linkClients(newcomer.clone, app);
}, 900_000);

afterAll(async () => {
  await newcomer.end();
  await openai.close();
  await anthropic.close();
  for (const folder of [app, spool]) rmSync(folder, { recursive: true, force: true });
}, 60_000);

/** Each line in the folder that its comment names. */
const installSdk = (code: string) =>
  code.replace('path/to/tollkeeper', newcomer.clone).replace(/^npm install/m, `cd "${app}"\n$&`);

/** There is no terminal to be asked on. */
const withoutTerminal = (code: string) =>
  code.replace(/^.* (exceptions resolve|catalog rollout \S+ --to) .*$/gm, '$& --yes');

const read = async <T>(path: string): Promise<T> => {
  const response = await fetch(newcomer.info.apiUrl + path, {
    headers: { authorization: `Bearer ${newcomer.info.adminKey}` },
  });
  return (await response.json()) as T;
};
const usedTokens = async () =>
  (await read<{ usedTokens: number }>('/v1/customers/ada-lovelace/usage')).usedTokens;

/** What is run uses tokens of ada-lovelace. */
async function recordsUsage(run: () => Promise<unknown>): Promise<void> {
  const before = await usedTokens();
  await run();
  await eventually(usedTokens, (tokens) => tokens > before);
}

/** As a program that has a client of Temporal. */
async function inTemporal(code: string): Promise<void> {
  const { temporalAddress: address, temporalNamespace: namespace } = newcomer.info;
  writeFileSync(
    join(newcomer.clone, 'client.mjs'),
    `import { Client, Connection } from '@temporalio/client';
     const connection = await Connection.connect(${JSON.stringify({ address })});
     const temporal = new Client({ connection, namespace: '${namespace}' });
     ${code}
     await connection.close();`,
  );
  await newcomer.run('node client.mjs');
}

test('every block is run, or is in the list with the reason', () => {
  const known = new Set([START, INSTALL_SDK, ...Object.keys(RUN), ...Object.keys(NOT_RUN)]);
  const isRun = ({ name, language }: DocumentBlock) => known.has(name) || language === 'sh';
  expect(blocks.filter((each) => !isRun(each)).map(nameOf)).toEqual([]);
  expect([...known].filter((name) => !blocks.some((each) => each.name === name))).toEqual([]);
});

const guided = () => ({
  ...{ newcomer, folder: app, recordsUsage, usedTokens },
  ...{ openaiUrl: openai.url, anthropicUrl: anthropic.url },
});
const CALL = `await openai.chat.completions.create({ model: 'm', messages: [] });`;
const callByHand = (code: string) => newcomer.run(code, { variables: { KEY: proxyKey } });

/** What is not for a shell, and what a reader would see of it. */
const RUN: Readonly<Record<string, (code: string) => Promise<void>>> = {
  ...pythonGuide(guided),
  ...nodeGuide(guided),
  'docs/tutorial/first-month.md sh 1': async (code) => expect(code).toBe(block(START).code),
  'docs/tutorial/first-month.md sh 4': async (code) =>
    expect(await newcomer.run(code)).toMatch(/"accepted":1[^]*"duplicates":1/),
  'docs/tutorial/first-month.md sh 5': async (code) => {
    const isRight = (said: string) => said.includes('"usedTokens":150000') && said.includes('2915');
    await eventually(() => newcomer.run(code), isRight);
  },
  'docs/guides/openai-proxy.md sh 3': async (code) => {
    proxyKey = (await newcomer.run(code)).trim().split('\n').at(-1) as string;
    expect(proxyKey).toMatch(/^tk_/);
  },
  'docs/guides/openai-proxy.md sh 4': async (code) => {
    const variables = { OPENAI_API_KEY: 'sk-of-the-app-itself-0123456789' };
    expect(await newcomer.run(code, { variables })).toContain('Registered as');
  },
  'docs/guides/openai-proxy.md js 1': (code) =>
    recordsUsage(() => runNode(guided(), `${code}${CALL}`, proxyKey)),
  'docs/guides/openai-proxy.md sh 5': (code) => recordsUsage(() => callByHand(code)),
  'docs/guides/openai-proxy.md sh 6': (code) =>
    recordsUsage(async () => expect(await callByHand(code)).toContain('data: [DONE]')),
  'docs/guides/marketplace.md yaml 1': async (code) => {
    const file = join(newcomer.clone, 'catalog.yaml');
    const catalog = parse(readFileSync(file, 'utf8')) as { vendors: { id: string }[] };
    const { vendors } = parse(code) as typeof catalog;
    const others = catalog.vendors.filter(({ id }) => !vendors.some((one) => one.id === id));
    writeFileSync(
      join(app, 'catalog.yaml'),
      stringify({ ...catalog, vendors: [...vendors, ...others] }),
    );
    const said = await newcomer.run(`npx tollkeeper catalog check "${join(app, 'catalog.yaml')}"`);
    expect(said).toContain('is valid');
  },
  'docs/guides/dashboard.md html 1': async (code) => {
    const made = await newcomer.run(block('docs/guides/dashboard.md sh 1').code);
    const { url } = JSON.parse(made) as { url: string };
    const [, src = ''] = /<iframe src="([^"]*)" title="[^"]+"><\/iframe>/.exec(code) ?? [];
    expect(new URL(src).pathname).toBe(new URL(url).pathname);
    expect((await fetch(url)).status).toBe(200);
  },
  'docs/guides/sell-with-checkout.md sh 1': async (code) => {
    const { url } = JSON.parse(await newcomer.run(code)) as { url: string };
    expect(await payAt(url, '4242424242424242')).toContain('Thank you');
  },
  'docs/guides/sell-with-checkout.md sh 2': async (code) => {
    const isActive = (said: string) =>
      /"subscriptionId":"sub_.*"billingStatus":"active"/.test(said);
    await eventually(() => newcomer.run(code), isActive);
  },
  'docs/guides/operate/exceptions.md sh 1': async (code) => {
    await inTemporal(`await temporal.workflow.getHandle('billing:ada-lovelace')
      .signal('recordUsage', 'nonsense');`);
    const [list = ''] = code.split('\n');
    const isOpen = (said: string) => said.includes('usage_rejected');
    await eventually(() => newcomer.run(list), isOpen);
    await newcomer.run(withoutTerminal(code));
    expect(isOpen(await newcomer.run(list))).toBe(false);
  },
  'docs/guides/operate/ledger.md sql 1': async (code) => {
    const pool = createPool({ connectionString: newcomer.info.databaseUrl, max: 1 });
    const { rows } = await pool.query<{ name: string }>(code).finally(() => pool.end());
    const [first, ...later] = rows.map(({ name }) => name);
    expect(first).toBe('usage_events_first');
    // How many months the first one spans is up to the day.
    expect(later.length).toBeGreaterThanOrEqual(2);
    expect(later.filter((name) => !/^usage_events_\d{4}_\d\d$/.test(name))).toEqual([]);
  },
  // Prometheus is not here: what the block names has to be what the alerts read.
  'docs/guides/operate/alerts.md yaml 1': async (code) => {
    const { global } = parse(code) as { global: { external_labels: Record<string, string> } };
    const [label = ''] = Object.keys(global.external_labels);
    const alerts = readFileSync(join(newcomer.clone, 'docs', 'alerts.yml'), 'utf8');
    expect(alerts).toContain(`$externalLabels.${label} `);
  },
  'docs/reference/notifications.md js 1': (code) => takesAWebhook(newcomer, code),
  'docs/reference/clients.md ts 1': async (code) => {
    const before = await usedTokens();
    await inTemporal(code.replace('call-1', 'signalled-1'));
    await eventually(usedTokens, (tokens) => tokens === before + 1_500);
  },
  'src/dev/stripe-sandbox/README.md ts 1': async (code) => {
    writeFileSync(
      join(newcomer.clone, 'sandbox.mts'),
      `import Stripe from 'stripe';
       import { startStripeSandbox } from './src/dev/stripe-sandbox/server';
       ${code}
       const { object } = await stripe.customers.create({});
       console.log(object);
       process.exit();`,
    );
    expect(await newcomer.run('npx tsx sandbox.mts')).toContain('customer');
  },
};

const shell = blocks.filter(
  ({ name, language }) =>
    language === 'sh' && !(name in NOT_RUN) && name !== START && name !== INSTALL_SDK,
);
const others = blocks.filter(({ name }) => name in RUN);
const inOrder = blocks.filter((each) => shell.includes(each) || others.includes(each));

test.each(inOrder.map((each) => [each.name, each] as const))('%s', async (name, { code }) => {
  const run = RUN[name];
  if (run) await run(code);
  else await newcomer.run(withoutTerminal(code));
});
