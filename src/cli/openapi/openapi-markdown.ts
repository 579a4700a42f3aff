/** The OpenAPI document as Markdown: every operation, then the objects that several have. */
import { meaningOf } from '../../api/http/openapi-problems';
import { nameOf, resolved, variantsOf } from './openapi-document';
import type { Answer, Content, Operation, Parameter, Reference, Schema } from './openapi-document';
import { curlOf } from './openapi-example';
import { fieldRows, linkTo, meaningText, typeText } from './openapi-fields';
import type { Spelling } from './openapi-fields';
import { INTRODUCTION } from './openapi-introduction';

interface Route {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

export function referenceText(document: Reference): string {
  const routes: Route[] = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ method, path, operation })),
  );
  const spelling = { components: document.components, linked: sharedSchemas(document) };
  const tags = [...new Set(routes.flatMap(({ operation }) => operation.tags))];
  const parts = [
    INTRODUCTION,
    table(['request', 'by', 'what it does'], routes.map(contentsRow)),
    ...tags.flatMap((tag) => [
      `## ${tag}`,
      ...routes
        .filter(({ operation }) => operation.tags.includes(tag))
        .flatMap((route) => routeParts(document, spelling, route)),
    ]),
    '## Objects',
    ...[...spelling.linked].sort().flatMap((name) => objectParts(spelling, name)),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** Those that are named twice have a heading; the others are told of where they are named. */
function sharedSchemas(document: Reference): Set<string> {
  const names = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
    ([, name]) => name as string,
  );
  return new Set(names.filter((name, index) => names.indexOf(name) !== index));
}

function contentsRow({ method, path, operation }: Route): string[] {
  const { summary } = operation;
  return [
    `\`${method.toUpperCase()} ${path}\``,
    namesOf(operation),
    `[${summary}](${anchor(summary)})`,
  ];
}

const isOfToken = ({ security: [scheme] }: Operation): boolean => 'customerToken' in scheme;

const namesOf = (operation: Operation): string => {
  const names = Object.values(operation.security[0]).flat();
  const list = names.map((name) => `\`${name}\``).join(', ');
  return isOfToken(operation) ? ['token', list].filter(Boolean).join(' ') : list;
};

function askerOf(operation: Operation): string {
  if (!isOfToken(operation)) return `scope ${namesOf(operation)}${boundKeyNote(operation)}`;
  const names = Object.values(operation.security[0]).flat();
  const right = names.map((name) => ` with the right \`${name}\``).join('');
  return `by a customer's token${right}`;
}

const BOUND_KEY_NOTES = {
  own: "; the customer's own key may, too",
  'by-event': "; a customer's own key may, too, for events of that customer",
  none: '',
} as const;

const boundKeyNote = (operation: Operation): string =>
  BOUND_KEY_NOTES[operation['x-bound-keys'] ?? 'none'];

/** GitHub makes this of a heading. */
const anchor = (heading: string): string =>
  `#${heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-')}`;

function routeParts(document: Reference, spelling: Spelling, route: Route): string[] {
  const { method, path, operation } = route;
  const { parameters = [], requestBody, responses } = operation;
  return [
    `### ${operation.summary}`,
    `\`${method.toUpperCase()} ${path}\`, ${askerOf(operation)}`,
    ...(operation.description === undefined ? [] : [operation.description]),
    `\`\`\`sh\n${curlOf(document, method, path, operation)}\n\`\`\``,
    ...(parameters.length === 0 ? [] : [parameterTable(spelling, parameters)]),
    ...contentParts(spelling, requestBody?.content ?? {}, `**Body**`),
    ...Object.entries(responses).flatMap(([status, answer]) =>
      isProblem(answer) ? [] : answerParts(spelling, status, answer),
    ),
    '**Problems**',
    problemTable(responses),
  ];
}

const parameterTable = (spelling: Spelling, parameters: readonly Parameter[]): string =>
  table(
    ['parameter', 'in', 'type', 'meaning'],
    parameters.map(({ name, in: place, required, schema }) => [
      `\`${name}\``,
      place,
      typeText(spelling, schema) + (required ? '' : ', optional'),
      meaningText(resolved(schema, spelling)),
    ]),
  );

function answerParts(spelling: Spelling, status: string, answer: Answer): string[] {
  const title = `**${status}** ${answer.description}`;
  return answer.content ? contentParts(spelling, answer.content, title) : [`${title}; no body.`];
}

/** Media types with the same schema are told together. */
function contentParts(spelling: Spelling, content: Content, title: string): string[] {
  const byShape = new Map<string, { readonly types: string[]; readonly schema: Schema }>();
  for (const [type, { schema }] of Object.entries(content)) {
    const entry = byShape.get(JSON.stringify(schema));
    if (entry) entry.types.push(type);
    else byShape.set(JSON.stringify(schema), { types: [type], schema });
  }
  return [...byShape.values()].flatMap(({ types, schema }) => {
    const typeNames = types.map((type) => `\`${type}\``).join(', ');
    return shapeParts(spelling, schema, `${title}, as ${typeNames}`);
  });
}

/** One shape, or each of several. */
function shapeParts(spelling: Spelling, schema: Schema, title: string): string[] {
  const name = nameOf(schema);
  if (name !== undefined && spelling.linked.has(name)) return [`${title}: ${linkTo(name)}`];
  const wholeShape = resolved(schema, spelling);
  const shapes = variantsOf(wholeShape);
  if (shapes.length > 1) {
    const each = shapes.flatMap((shape, index) =>
      shapeParts(spelling, shape, `${index === 0 ? 'Either' : 'Or'}${shapeName(shape)}`),
    );
    return [`${title}, one of ${shapes.length}:`, ...each];
  }
  const rows = fieldRows(spelling, wholeShape);
  const note = wholeShape.description === undefined ? '' : `: ${wholeShape.description}`;
  if (rows.length > 0) return [`${title}${note}`, fieldTable(rows)];
  return [
    `${title}: ${typeText(spelling, wholeShape)}${wholeShape.maxItems ? `, ${meaningText(wholeShape)}` : ''}`,
  ];
}

/** A shape is named by the field that tells it from the others. */
function shapeName(shape: Schema): string {
  const mark = Object.entries(shape.properties ?? {}).find(([, field]) => 'const' in field);
  return mark === undefined ? '' : ` \`${mark[0]}\`: \`${String(mark[1].const)}\``;
}

function objectParts(spelling: Spelling, name: string): string[] {
  const schema = resolved({ $ref: `#/components/schemas/${name}` }, spelling);
  const { description } = schema;
  const rows = fieldTable(fieldRows(spelling, schema));
  return [`### ${name}`, ...(description === undefined ? [] : [`${description}.`]), rows];
}

const fieldTable = (rows: ReturnType<typeof fieldRows>): string =>
  table(
    ['field', 'type', 'meaning'],
    rows.map(({ name, type, meaning }) => [`\`${name}\``, type, meaning]),
  );

const PROBLEM = 'application/problem+json';

const isProblem = (answer: Answer): boolean => codesOf(answer).length > 0;

/** Refusals that have another form than a problem name their codes beside it. */
const codesOf = ({ content = {}, 'x-codes': codes = [] }: Answer): readonly unknown[] => [
  ...codes,
  ...(content[PROBLEM]?.schema.allOf ?? []).flatMap(
    ({ properties }) => properties?.code?.enum ?? [],
  ),
];

function problemTable(responses: Operation['responses']): string {
  const rows = Object.entries(responses).flatMap(([status, answer]) =>
    codesOf(answer).map((code) => [status, `\`${String(code)}\``, meaningOf(String(code))]),
  );
  return table(['status', 'code', 'meaning'], rows);
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
