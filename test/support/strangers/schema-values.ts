/** Values by a schema of the OpenAPI document: mostly as it says, sometimes with one fault. */
import fc from 'fast-check';
import type { Schema } from '../../../src/cli/openapi/openapi-document';
import { nastyJson, nastyNumber, nastyText } from './nasty-values';

export type Schemas = Readonly<Record<string, Schema>>;

/** Names of what there is: without them nearly every request would end at its first look-up. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  customer: ['ada', 'bo', 'cy', 'nobody'],
  subject: ['ada', 'bo', 'cy', 'nobody'],
  vendor: ['acme', 'nobody'],
  plan: ['starter', 'pro', 'enterprise', 'pay_as_you_go', 'gold'],
  model: ['gpt-4o-mini', 'm'],
  invoice: ['in_1'],
  period: ['current', 'previous'],
  email: ['ada@example.com'],
  testClock: ['clock_nobody'],
};

const NOW = new Date().toISOString();
/** Usage of long ago is refused: most is of now. */
const MOMENTS = [
  NOW,
  NOW,
  NOW.replace('Z', '+00:00'),
  '2026-01-31T13:00:00+01:00',
  '2016-02-29T23:59:59Z',
];

const given = (values: readonly unknown[]): fc.Arbitrary<unknown> => fc.constantFrom(...values);

/** By what the schema says, as far as a schema of ours says anything. */
export function valueOf(schemas: Schemas, schema: Schema, name = ''): fc.Arbitrary<unknown> {
  const { $ref, anyOf, oneOf, allOf, items, properties } = schema;
  if ($ref !== undefined)
    return valueOf(schemas, schemas[$ref.split('/').at(-1) ?? ''] ?? {}, name);
  const shapes = anyOf ?? oneOf ?? (allOf && allOf.slice(0, 1));
  if (shapes) return fc.oneof(...shapes.map((shape) => valueOf(schemas, shape, name)));
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return given(schema.enum);
  const known = KNOWN[name];
  if (known && !properties && !items) return given(known);
  if (items) return fc.array(valueOf(schemas, items), { minLength: 1, maxLength: 3 });
  if (properties) return objectOf(schemas, schema);
  return plainValue(schemas, schema);
}

function plainValue(schemas: Schemas, schema: Schema): fc.Arbitrary<unknown> {
  const { minimum = 0, maximum = 1_000_000, additionalProperties: others, format } = schema;
  const type = [schema.type ?? 'any'].flat()[0];
  if (type === 'integer')
    return fc.integer({ min: Math.max(minimum, -1e9), max: Math.min(maximum, 1e9) });
  if (type === 'number') return nastyNumber;
  if (type === 'boolean') return fc.boolean();
  if (type === 'null') return fc.constant(null);
  if (format === 'date-time') return given(MOMENTS);
  if (format === 'date') return given(['2026-01-31']);
  if (type === 'object' && typeof others === 'object')
    return fc.dictionary(fc.constantFrom('input', 'output', 'a'), valueOf(schemas, others), {
      maxKeys: 2,
    });
  if (type === 'object') return fc.constant({});
  if (type !== 'string') return nastyJson;
  const text = fc.stringMatching(/^[a-z0-9]{1,12}$/);
  return 'example' in schema ? fc.oneof(fc.constant(schema.example), text) : text;
}

function objectOf(schemas: Schemas, { properties = {}, required = [] }: Schema) {
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, field]) => [name, valueOf(schemas, field, name)]),
  );
  return fc.record(fields, { requiredKeys: required.filter((name) => name in fields) });
}

interface Fault {
  readonly how: 'none' | 'replace' | 'drop' | 'add';
  readonly at: number;
  readonly value: unknown;
  readonly key: string;
}

const fault: fc.Arbitrary<Fault> = fc.record({
  how: fc.constantFrom<Fault['how']>(
    ...(['none', 'none', 'none', 'none', 'none', 'replace', 'replace', 'drop', 'add'] as const),
  ),
  at: fc.nat({ max: 50 }),
  value: nastyJson,
  key: nastyText,
});

/** As the schema says, or with a fault somewhere within. */
export const nearlyValid = (schemas: Schemas, schema: Schema): fc.Arbitrary<unknown> =>
  fc
    .tuple(valueOf(schemas, schema), fault)
    .map(([value, faultOfIt]) => withFault(value, faultOfIt));

function withFault(value: unknown, { how, at, value: nasty, key }: Fault): unknown {
  if (how === 'none') return value;
  const copy: unknown = structuredClone(value);
  const places = placesIn(copy);
  const place = places[at % Math.max(places.length, 1)];
  if (place === undefined) return nasty;
  if (how === 'replace') place.holder[place.key] = nasty;
  else if (how === 'drop') Reflect.deleteProperty(place.holder, place.key);
  else place.holder[key] = nasty;
  return copy;
}

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesIn(holder[key])]);
}
