/**
 * Stripe's OpenAPI description as JSON schemas: which one an answer must satisfy, and a strict
 * check of a value against it (a field that the description does not have is a failure, too).
 */
import { readFileSync } from 'node:fs';
import Ajv from 'ajv';
import type { ErrorObject, ValidateFunction } from 'ajv';
import { ADDED_SINCE } from './newer-fields';

type Schema = Record<string, unknown>;

interface Operation {
  responses: Record<string, { content: { 'application/json': { schema: Schema } } }>;
}

interface Description {
  info: { version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

export interface StripeDescription {
  version: string;
  /** Faults of an answer to this call; null if the description has no such operation. */
  faultsOfAnswer(method: string, path: string, status: number, answer: unknown): string[] | null;
  /** Faults of an object by its `object` field; null if the description has no such object. */
  faultsOfObject(value: { object?: unknown }): string[] | null;
}

export function readStripeDescription(file: string): StripeDescription {
  const description = JSON.parse(readFileSync(file, 'utf8')) as Description;
  addNewerFields(description.components.schemas);
  const ajv = new Ajv({ strict: false, validateFormats: false, validateSchema: false });
  const components = toJsonSchema(description.components);
  ajv.addSchema({ $id: 'stripe', components });
  const compiled = new Map<string, ValidateFunction>();
  const operations = operationsOf(description);

  function faults(key: string, schema: () => Schema, value: unknown): string[] {
    let validate = compiled.get(key);
    if (!validate) compiled.set(key, (validate = ajv.compile(schema())));
    return validate(value) ? [] : explain(validate.errors ?? []);
  }
  const byName = new Map<string, string>();
  for (const [name, schema] of Object.entries(description.components.schemas)) {
    const object = objectNameOf(schema);
    if (object !== null && !name.startsWith('deleted_')) byName.set(object, name);
  }
  return {
    version: description.info.version,
    faultsOfAnswer: (method, path, status, answer) => {
      const operation = operations(method, path);
      if (!operation) return null;
      const given = operation.responses[status === 200 ? '200' : 'default'];
      const schema = given?.content['application/json'].schema ?? {};
      const key = `${operation.key} ${status === 200 ? 'ok' : 'error'}`;
      return faults(key, () => anchored(toJsonSchema(schema) as Schema), answer);
    },
    faultsOfObject: (value) => {
      const name = byName.get(String(value.object));
      if (name === undefined) return null;
      const schema = { $ref: `stripe#/components/schemas/${name}` };
      return faults(name, () => schema, value);
    },
  };
}

function operationsOf({ paths }: Description) {
  const patterns = Object.entries(paths).map(([path, methods]) => ({
    path,
    methods,
    // `/v1/prices/search` is no `/v1/prices/{price}`: fewer placeholders first.
    placeholders: path.split('{').length,
    pattern: new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`),
  }));
  patterns.sort((a, b) => a.placeholders - b.placeholders);
  return (method: string, path: string) => {
    const found = patterns.find(
      ({ pattern, methods }) => pattern.test(path) && method.toLowerCase() in methods,
    );
    const operation = found?.methods[method.toLowerCase()];
    return found && operation ? { ...operation, key: `${method} ${found.path}` } : null;
  };
}

function addNewerFields(schemas: Record<string, Schema>): void {
  for (const [place, fields] of Object.entries(ADDED_SINCE)) {
    const [name = '', field] = place.split('.');
    // A schema's own name may have dots.
    const schema = schemas[place] ?? propertiesOf(schemas[name])?.[field ?? ''];
    if (!schema) throw new Error(`newer-fields.ts names ${place}, which Stripe has not described.`);
    schema.properties = { ...propertiesOf(schema), ...fields };
  }
}

function propertiesOf(schema: Schema | undefined): Record<string, Schema> | undefined {
  return schema?.properties as Record<string, Schema> | undefined;
}

/** The value of the schema's own `object` field, if there is exactly one. */
function objectNameOf(schema: Schema): string | null {
  const field = propertiesOf(schema)?.object;
  const values = (field?.enum ?? []) as string[];
  return values.length === 1 ? (values[0] ?? null) : null;
}

/** OpenAPI 3.0 to JSON schema: `nullable`, and no field beyond those described. */
function toJsonSchema(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(toJsonSchema);
  if (typeof node !== 'object' || node === null) return node;
  const { nullable, ...rest } = node as Schema;
  const schema = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, toJsonSchema(value)]),
  );
  const properties = schema.properties as Schema | undefined;
  const isClosed = properties && typeof schema.type === 'string' && schema.type === 'object';
  if (isClosed && Object.keys(properties).length > 0) schema.additionalProperties ??= false;
  return nullable === true ? { anyOf: [schema, { type: 'null' }] } : schema;
}

/** References of an operation lead into the document of all components. */
function anchored(schema: Schema): Schema {
  const text = JSON.stringify(schema).replaceAll('"#/components/', '"stripe#/components/');
  return JSON.parse(text) as Schema;
}

/** The deepest errors: those above only say that no alternative fits. */
function explain(errors: readonly ErrorObject[]): string[] {
  const depth = (error: ErrorObject) => error.instancePath.split('/').length;
  const deepest = Math.max(...errors.map(depth));
  const told = errors
    .filter((error) => depth(error) === deepest && error.keyword !== 'anyOf')
    .map(({ instancePath, message, params }) => {
      const { additionalProperty, allowedValues } = params as Record<string, unknown>;
      const detail = additionalProperty ?? allowedValues ?? '';
      return `${instancePath.replace(/\/\d+/g, '/*')} ${message} ${JSON.stringify(detail)}`;
    });
  return [...new Set(told)];
}
