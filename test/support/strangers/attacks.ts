/** Every kind of request that a stranger may try, drawn from the OpenAPI document and beside it. */
import fc from 'fast-check';
import type { DocumentedOperation, ServedDocument } from '../api/documented-operations';
import { operationsOf } from '../api/documented-operations';
import type { Attack } from './attack';
import { attackByLink, attackOnModels, attackOnWebhook } from './attacks-beside';
import { inUrl, nastyText, rarely, textChange } from './nasty-values';
import { nearlyValid } from './schema-values';
import type { Schemas } from './schema-values';
import type { Schema } from '../../../src/cli/openapi/openapi-document';

export type AttackKeys = Readonly<Record<'admin' | 'read' | 'ingest' | 'bound', string>>;

/** Usage is what most strangers can send; changes of subscriptions take a workflow each. */
const WEIGHTS: Readonly<Record<string, number>> = {
  recordUsage: 10,
  ingestOpenMeterEvents: 8,
  putCustomer: 2,
  changePlan: 2,
};
const READING = 3;

export function anyAttack(document: ServedDocument, keys: AttackKeys): fc.Arbitrary<Attack> {
  const schemas = document.components.schemas as Schemas;
  const operations = operationsOf(document).map((operation) => ({
    weight: WEIGHTS[operation.operation.operationId] ?? (operation.method === 'GET' ? READING : 1),
    arbitrary: attackOn(operation, schemas, keys),
  }));
  return fc.oneof(
    ...operations,
    { weight: 4, arbitrary: binaryCloudEvent(keys) },
    { weight: 10, arbitrary: attackOnWebhook },
    { weight: 10, arbitrary: attackByLink },
    { weight: 14, arbitrary: attackOnModels(keys) },
    { weight: 4, arbitrary: attackOnNothing(keys) },
  );
}

/** A part of a path or a query: as it should be written, or as it stands. */
const written = (text: string, isRaw: boolean): string => {
  if (isRaw) return text.replace(/[\s?#]/g, '');
  return inUrl(text);
};

const part = (good: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...good) },
    {
      weight: 2,
      arbitrary: fc.tuple(nastyText, fc.boolean()).map(([text, raw]) => written(text, raw)),
    },
  );

function attackOn(
  { name, method, path, operation }: DocumentedOperation,
  schemas: Schemas,
  keys: AttackKeys,
): fc.Arbitrary<Attack> {
  const named = path.includes('{vendor}') ? ['acme', 'nobody'] : ['ada', 'bo', 'cy', 'nobody'];
  const types = Object.entries(operation.requestBody?.content ?? {});
  const bodies = types.map(([type, { schema }]) =>
    fc.tuple(nearlyValid(schemas, schema), rarely(textChange, 5)).map(([value, change]) => {
      const text = JSON.stringify(value) ?? '';
      return { type, text: change === null ? text : change(text) };
    }),
  );
  return fc
    .record({
      id: part(named),
      query: queryOf(operation.parameters ?? [], schemas),
      body: bodies.length > 0 ? fc.oneof(...bodies) : fc.constant({ type: '', text: '' }),
      headers: headersOf(keys),
      otherType: rarely(
        fc.constantFrom('text/plain', 'application/json; charset=utf-16', 'a/b'),
        20,
      ),
    })
    .map(({ id, query, body, headers, otherType }) => ({
      ...{ kind: name, method, body: body.text },
      path: path.replace(/\{\w+\}/, () => id) + query,
      headers: { ...(body.type && { 'content-type': otherType ?? body.type }), ...headers },
    }));
}

function queryOf(
  parameters: NonNullable<DocumentedOperation['operation']['parameters']>,
  schemas: Schemas,
): fc.Arbitrary<string> {
  const names = parameters.filter((one) => one.in === 'query');
  const pairs = names.map(({ name, schema }) =>
    fc
      .oneof(nearlyValid(schemas, schema as Schema).map(textOf), nastyText)
      .chain((text) => fc.boolean().map((isRaw) => `${name}=${written(text, isRaw)}`)),
  );
  const odd = nastyText.map((text) => `${written(text, false)}=1&period[]=a&period[x]=b`);
  return fc
    .tuple(
      rarely(pairs.length > 0 ? fc.oneof(...pairs) : odd, pairs.length > 0 ? 1 : 12),
      rarely(pairs.length > 0 ? fc.oneof(...pairs) : odd, 12),
      rarely(odd, 20),
    )
    .map((texts) => texts.filter((text) => text !== null))
    .map((texts) => (texts.length > 0 ? `?${texts.join('&')}` : ''));
}

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');

/** Mostly of a key that may; sometimes with headers that mean something to somebody. */
export function headersOf(keys: AttackKeys): fc.Arbitrary<Record<string, string>> {
  const key = fc.oneof(
    { weight: 20, arbitrary: fc.constant(`Bearer ${keys.admin}`) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(...Object.values(keys).map((secret) => `Bearer ${secret}`)),
    },
    { weight: 1, arbitrary: nastyText.map((text) => `Bearer ${text}`) },
    { weight: 1, arbitrary: nastyText },
  );
  const names = ['idempotency-key', 'accept', 'content-encoding', 'x-forwarded-for', 'traceparent'];
  const more = fc.tuple(
    fc.constantFrom(...names, 'accept-language', 'if-none-match', 'range', 'expect'),
    fc.oneof(nastyText, fc.constantFrom('gzip', 'text/csv', 'key-1', 'application/x-ndjson')),
  );
  return fc
    .tuple(key, rarely(more, 4))
    .map(([authorization, pair]) => ({ authorization, ...(pair && { [pair[0]]: pair[1] }) }));
}

/** The binary mode of CloudEvents over HTTP, which is not spoken here. */
function binaryCloudEvent(keys: AttackKeys): fc.Arbitrary<Attack> {
  return fc
    .record({
      path: fc.constantFrom('/v1/usage', '/api/v1/events'),
      id: nastyText,
      subject: fc.oneof(fc.constant('ada'), nastyText),
      body: fc.constantFrom('{"model":"m","tokens":{"input":1}}', '', '[]', '{"__proto__":1}'),
      type: fc.constantFrom('application/json', 'application/cloudevents+json', 'text/plain'),
    })
    .map(({ path, id, subject, body, type }) => ({
      ...{ kind: `post ${path}`, method: 'POST', path, body },
      headers: {
        authorization: `Bearer ${keys.ingest}`,
        ...{ 'content-type': type, 'ce-specversion': '1.0', 'ce-type': 'tokens' },
        ...{ 'ce-id': id, 'ce-source': 'app', 'ce-subject': subject },
      },
    }));
}

function attackOnNothing(keys: AttackKeys): fc.Arbitrary<Attack> {
  return fc
    .record({
      method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'TRACE'),
      before: fc.constantFrom('/', '/v1/', '/v1/customers/ada/', '/docs/', '/dashboard/', '//', ''),
      end: fc.tuple(nastyText, fc.boolean()).map(([text, raw]) => written(text, raw)),
      headers: headersOf(keys),
    })
    .map(({ method, before, end, headers }) => ({
      ...{ kind: 'nothing', method, path: `${before}${end}` || '*', headers, body: '' },
    }));
}
