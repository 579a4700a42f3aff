/** Describes as much of an OpenAPI 3.1 document as its reference shows. */

export interface Reference {
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  /** A key with a scope, or a customer's token with rights. */
  readonly security: readonly [Readonly<Record<string, readonly string[]>>];
  /** What keys that are bound to a customer may do with it. */
  readonly 'x-bound-keys'?: 'own' | 'by-event' | 'none';
  readonly tags: readonly string[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, Answer>>;
}

export interface Parameter {
  readonly in: 'path' | 'query' | 'header';
  readonly name: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

export interface Answer {
  readonly description: string;
  readonly content?: Content;
  readonly 'x-codes'?: readonly string[];
}

export type Content = Readonly<Record<string, { readonly schema: Schema }>>;

export interface Schema {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly example?: unknown;
  readonly default?: unknown;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

const PREFIX = '#/components/schemas/';

export const nameOf = ({ $ref }: Schema): string | undefined => $ref?.slice(PREFIX.length);

/** What a `$ref` stands for; with what is said beside it. */
export function resolved(schema: Schema, { components }: Pick<Reference, 'components'>): Schema {
  const name = nameOf(schema);
  if (name === undefined) return schema;
  return { ...components.schemas[name], ...schema, $ref: undefined };
}

const isNull = ({ type }: Schema): boolean => type === 'null';

/** The shapes that it may have, `null` left out. */
export const variantsOf = (schema: Schema): readonly Schema[] =>
  (schema.anyOf ?? schema.oneOf ?? [schema]).filter((variant) => !isNull(variant));

export const mayBeNull = ({ anyOf = [], type }: Schema): boolean =>
  anyOf.some(isNull) || (Array.isArray(type) && type.includes('null'));
