/**
 * Goal: whatever fails, no secret is told: in no log, metric, span, history, answer or page.
 * Method: secrets that can be recognised, in processes of their own; everything that can fail
 * fails; then all that was written is searched. The customer's id is a control: it must be found.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/stack/eventually';
import { historiesOf } from '../support/strangers/histories';
import { CONTROL, startPlanted } from '../support/strangers/planted-stack';
import type { Planted } from '../support/strangers/planted-stack';
import { liveWell, failInEveryWay } from '../support/strangers/planted-life';
import type { Life } from '../support/strangers/planted-life';
import { findSecrets, spellingsOf } from '../support/strangers/secret-search';

const PATIENCE_MS = 60_000;
const CONTROL_ALONE = [{ secret: 'control' }];

let dir: string;
let planted: Planted;
let life: Life;
let metrics: Record<string, string>;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tollkeeper-planted-'));
  planted = await startPlanted(dir);
  life = await liveWell(planted);
  await failInEveryWay(planted, life);
  metrics = {
    worker: await (await fetch(planted.metricsUrl)).text(),
    api: await life.read('/metrics'),
  };
}, 300_000);

afterAll(async () => {
  await planted.end();
  rmSync(dir, { recursive: true, force: true });
}, 60_000);

function told(written: Readonly<Record<string, string>>) {
  const findings = findSecrets({ ...planted.secrets, ...life.tokens }, written);
  // One finding of the control is enough.
  const isControl = ({ secret }: { readonly secret: string }) => secret === 'control';
  return [
    ...findings.filter((finding) => !isControl(finding)),
    ...findings.filter(isControl).slice(0, 1),
  ];
}

const logs = () => {
  const folder = join(dir, 'logs');
  const files = readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')]);
  return Object.fromEntries(files) as Record<string, string>;
};

test('in no log of a process', () => {
  const written = logs();
  for (const name of ['api.log', 'worker.log']) expect(written[name]).toMatch(/"level":[45]0/);
  expect(told(written)).toMatchObject(CONTROL_ALONE);
  // Those in e-mails were made by the worker: nobody here knows them.
  expect(Object.values(written).join('\n')).not.toMatch(/token=[\w.%-]{8,}/);
});

test('in no answer of an error, and on no page', () => {
  expect(life.answers.length).toBeGreaterThan(20);
  const written = Object.fromEntries(life.answers.map(({ what, text }) => [what, text]));
  expect(told(written)).toMatchObject(CONTROL_ALONE);
});

test('where an address has a token, no browser tells the address to others', () => {
  const pages = life.answers.filter(({ what }) => what.includes('?token='));
  expect(pages.length).toBeGreaterThan(8);
  for (const { what, referrerPolicy } of pages)
    expect([what, referrerPolicy]).toEqual([what, 'no-referrer']);
});

test('in no metric', () => {
  for (const text of Object.values(metrics)) expect(text).toContain('tollkeeper_');
  expect(told(metrics)).toEqual([]);
});

test('in no span', async () => {
  const { collector } = planted;
  const spans = () => Buffer.concat(collector.bytes).toString('latin1');
  await eventually(
    () => [`billing:${CONTROL}`, 'GET /dashboard'].every((text) => spans().includes(text)),
    (isThere) => isThere,
    PATIENCE_MS,
  );
  expect(told({ spans: spans() })).toMatchObject(CONTROL_ALONE);
});

test('in no history of Temporal, without encryption', async () => {
  const histories = await historiesOf(planted.stack.info);
  expect(Object.keys(histories).length).toBeGreaterThan(0);
  expect(told(histories)).toMatchObject(CONTROL_ALONE);
});

test('each would be found, however it is spelled', () => {
  const secrets = { ...planted.secrets, ...life.tokens };
  for (const [name, secret] of Object.entries(secrets)) {
    const written = [
      ...spellingsOf(secret),
      Buffer.from(`Basic postmaster:${secret}@host`).toString('base64'),
    ];
    for (const place of written)
      expect(findSecrets({ [name]: secret }, { place: `a line with ${place} in it` })).toHaveLength(
        1,
      );
  }
});
