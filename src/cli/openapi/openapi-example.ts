/** An example request of an operation: what is required, and what has an example. */
import { resolved, variantsOf } from './openapi-document';
import type { Operation, Reference, Schema } from './openapi-document';

type Schemas = Pick<Reference, 'components'>;

export function curlOf(
  schemas: Schemas,
  method: string,
  path: string,
  { parameters = [], requestBody, security: [scheme] }: Operation,
): string {
  const url = parameters
    .filter((parameter) => parameter.in === 'path')
    .reduce((text, { name, schema }) => {
      return text.replace(`{${name}}`, String(exampleOf(schemas, schema)));
    }, path);
  const [type, body] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  const verb = method === 'get' || (method === 'post' && body) ? '' : `-X ${method.toUpperCase()} `;
  const lines = [
    `curl ${verb}"$TOLLKEEPER_URL${url}"`,
    `-H "Authorization: Bearer $${'customerToken' in scheme ? 'CUSTOMER_TOKEN' : 'TOLLKEEPER_KEY'}"`,
    ...(type === undefined ? [] : [`-H 'Content-Type: ${type}'`]),
    ...(body === undefined ? [] : [`-d '${bodyText(exampleOf(schemas, body.schema))}'`]),
  ];
  return lines.join(' \\\n  ');
}

/** The JSON stands within quotes of a shell. */
const bodyText = (value: unknown): string =>
  JSON.stringify(value, null, 2).replaceAll("'", "'\\''").replaceAll('\n', '\n  ');

const MOMENT = '2026-01-31T12:00:00Z';

export function exampleOf(schemas: Schemas, reference: Schema): unknown {
  const schema = resolved(reference, schemas);
  if ('example' in schema) return schema.example;
  if (schema.anyOf ?? schema.oneOf) return exampleOf(schemas, variantsOf(schema)[0] ?? {});
  if ('const' in schema) return schema.const;
  if (schema.enum) return schema.enum[0];
  if (schema.items) return [exampleOf(schemas, schema.items)];
  if (schema.properties) return exampleObject(schemas, schema);
  if (schema.format === 'date-time') return MOMENT;
  if (schema.format === 'email') return 'ada@example.com';
  return schema.type === 'integer' ? 1 : 'text';
}

function exampleObject(schemas: Schemas, { properties = {}, required = [] }: Schema): unknown {
  const fields = Object.entries(properties).filter(
    ([name, field]) => required.includes(name) || 'example' in resolved(field, schemas),
  );
  return Object.fromEntries(fields.map(([name, field]) => [name, exampleOf(schemas, field)]));
}
