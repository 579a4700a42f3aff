/** The fields of a schema as rows of a table: name, type, meaning; inner ones below theirs. */
import { mayBeNull, nameOf, resolved, variantsOf } from './openapi-document';
import type { Reference, Schema } from './openapi-document';

export interface FieldRow {
  readonly name: string;
  readonly type: string;
  readonly meaning: string;
}

/** Which schemas have a heading of their own: they are linked to instead of spelled out. */
export interface Spelling extends Pick<Reference, 'components'> {
  readonly linked: ReadonlySet<string>;
}

export const linkTo = (name: string): string => `[${name}](#${name.toLowerCase()})`;

export function fieldRows(spelling: Spelling, schema: Schema, prefix = ''): FieldRow[] {
  const { properties = {}, required = [] } = resolved(schema, spelling);
  return Object.entries(properties).flatMap(([key, field]) => {
    const name = prefix + key;
    const optionalMark = required.includes(key) ? '' : ', optional';
    const row = {
      name,
      type: typeText(spelling, field) + optionalMark,
      meaning: meaningText(resolved(field, spelling)),
    };
    return [row, ...innerRows(spelling, field, name)];
  });
}

function innerRows(spelling: Spelling, field: Schema, name: string): FieldRow[] {
  const schemaName = nameOf(field);
  if (schemaName !== undefined && spelling.linked.has(schemaName)) return [];
  const shapes = variantsOf(resolved(field, spelling));
  return shapes.flatMap((shape, index) => {
    if (shape.items) return innerRows(spelling, shape.items, `${name}[]`);
    const rows = fieldRows(spelling, shape, `${name}.`);
    if (shapes.length === 1 || rows.length === 0) return rows;
    const type = shape.title ?? `shape ${index + 1}`;
    return [{ name, type: `${index === 0 ? 'either' : 'or'}: ${type}`, meaning: '' }, ...rows];
  });
}

export function typeText(spelling: Spelling, schema: Schema): string {
  const orNull = mayBeNull(schema) ? ' or null' : '';
  const name = nameOf(schema);
  if (name !== undefined && spelling.linked.has(name)) return linkTo(name);
  const variants = variantsOf(resolved(schema, spelling));
  const types = variants.map((variant) => plainType(spelling, resolved(variant, spelling)));
  return [...new Set(types)].join(' or ') + orNull;
}

function plainType(spelling: Spelling, schema: Schema): string {
  const { items, additionalProperties: otherProperties, format } = schema;
  if (schema.anyOf ?? schema.oneOf) return typeText(spelling, schema);
  if ('const' in schema) return code(schema.const);
  if (schema.enum) return schema.enum.map(code).join(', ');
  if (items) return `list of ${typeText(spelling, items)}`;
  if (format === 'date-time') return 'time';
  if (format === 'date') return 'day';
  if (format === 'email' || format === 'uri') return format === 'uri' ? 'URL' : 'e-mail address';
  const type = [schema.type ?? 'any'].flat().find((each) => each !== 'null') ?? 'any';
  const isMap = type === 'object' && !schema.properties && typeof otherProperties === 'object';
  if (!isMap || Object.keys(otherProperties).length === 0) return type;
  return `object of ${typeText(spelling, otherProperties)}`;
}

const code = (value: unknown): string => `\`${String(value)}\``;

const LARGEST = Number.MAX_SAFE_INTEGER;

/** What it says of itself, then what a value must hold to. */
export function meaningText(schema: Schema): string {
  const { description, default: defaultValue } = schema;
  const defaultTexts =
    defaultValue === undefined || defaultValue === null ? [] : [`left out: ${code(defaultValue)}`];
  const parts = [
    ...(description ? [description] : []),
    ...variantsOf(schema).flatMap(limits),
    ...defaultTexts,
  ];
  return parts.join('; ');
}

function limits({ minLength, maxLength, minimum, maximum, minItems, maxItems }: Schema): string[] {
  const itemRange = range(minItems, maxItems);
  const lengthRange = range(minLength, maxLength);
  const valueRange = range(
    minimum === -LARGEST ? undefined : minimum,
    maximum === LARGEST ? undefined : maximum,
  );
  return [
    ...(itemRange ? [`${itemRange} of them`] : []),
    ...(lengthRange && lengthRange !== 'at least 1' ? [`${lengthRange} characters`] : []),
    ...(valueRange ? [valueRange] : []),
  ];
}

function range(minimum: number | undefined, maximum: number | undefined): string | undefined {
  const text = (value: number) => value.toLocaleString('en-US');
  if (minimum !== undefined && maximum !== undefined) return `${text(minimum)} to ${text(maximum)}`;
  if (minimum !== undefined) return `at least ${text(minimum)}`;
  return maximum === undefined ? undefined : `at most ${text(maximum)}`;
}
