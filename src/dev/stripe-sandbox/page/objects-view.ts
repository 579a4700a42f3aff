/** Objects by kind, one object's JSON with links to what it names, and the search. */
import type { StripeObject } from '../objects';
import { present } from '../presentation';
import type { Kind } from '../store';
import type { World } from '../world';
import { html, joined, time } from './html';
import type { Html } from './html';
import { actionsOf } from './object-actions';
import { card, objectLink, table, tag } from './layout';
import type { PageContent } from './layout';

const SHOWN = 100;
const RELATED = 20;

/** The sandbox's own notes are not Stripe's objects; faults and deliveries have their pages. */
const NOTES: ReadonlySet<string> = new Set([
  'card_behaviour',
  'delivery',
  'failing_payment',
  'fault',
  'idempotency_key',
  'sandbox_chance',
  'sandbox_settings',
  'webhook_fault',
]);

export function kindsOf(world: World): { kind: Kind; count: number }[] {
  const counts = new Map<Kind, number>();
  for (const { kind } of world.store.everything())
    if (!NOTES.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => ({ kind, count })).sort(byName);
}

function byName(a: { kind: string }, b: { kind: string }): number {
  return a.kind.localeCompare(b.kind);
}

export function kindPage(world: World, kind: string): PageContent | null {
  if (NOTES.has(kind)) return null;
  const objects = world.store.all(kind as Kind) as StripeObject[];
  const newestObjects = objects.slice(-SHOWN).reverse();
  const total =
    objects.length > SHOWN ? `the newest ${SHOWN} of ${objects.length}` : `${objects.length}`;
  return {
    title: kind,
    place: '/_sandbox/',
    body: html`<h1>${kind}</h1>
      <p class="lead">${total}, newest first</p>
      ${card('Objects', objectTable(kind, newestObjects, `There is no ${kind} yet.`), 'objects')}`,
  };
}

export function searchPage(world: World, query: string): PageContent {
  const needle = query.toLowerCase();
  const matches = [...world.store.everything()]
    .filter(({ kind, value }) => !NOTES.has(kind) && value && isLike(value, needle))
    .slice(-SHOWN)
    .reverse()
    .flatMap(({ value }) => value ?? []);
  return {
    title: `Search for ${query}`,
    place: '/_sandbox/',
    body: html`<h1>“${query}”</h1>
      <p class="lead">In ids, names, e-mail addresses</p>
      ${card('Found', objectTable('Found objects', matches, 'Nothing. Ids are case-insensitive here.'))}`,
  };
}

function isLike(value: StripeObject, needle: string): boolean {
  const texts = [value.id, value.email, value.name, value.lookup_key, value.event_name];
  return texts.some((text) => typeof text === 'string' && text.toLowerCase().includes(needle));
}

function objectTable(caption: string, objects: readonly StripeObject[], emptyText: string): Html {
  const rows = objects.map((object) => ({
    id: object.id,
    cells: [
      objectLink(object.id),
      html`${gist(object)}`,
      typeof object.status === 'string' ? tag(object.status) : html`–`,
      time(object.created),
    ],
  }));
  return table(caption, ['Id', 'What', 'Status', 'Created (UTC)'], rows, emptyText);
}

/** The words by which a person knows it. */
function gist(object: StripeObject): string {
  const candidates = [object.name, object.email, object.display_name, object.type, object.url];
  const words = [
    ...candidates,
    object.nickname,
    object.description,
    object.number,
    object.event_name,
  ];
  const name = words.find((word) => typeof word === 'string' && word !== '');
  return name === undefined ? object.object : String(name);
}

export function objectPage(world: World, id: string): PageContent | null {
  const object = world.store.find(id);
  if (!object) return null;
  const presentation = present(world, object);
  return {
    title: id,
    place: '/_sandbox/',
    body: html`<h1 class="id">${id}</h1>
      <p class="lead">
        <a href="/_sandbox/view/objects?kind=${object.object}">${object.object}</a>
        ${object.owner === undefined ? null : html` of ${objectLink(object.owner)}`}
      </p>
      ${actionsOf(world, object)}
      ${card('As Stripe shows it', html`<pre>${jsonOf(world, presentation, id)}</pre>`, 'json')}
      ${card('Its events', eventsOf(world, id), 'events')}`,
  };
}

function eventsOf(world: World, id: string): Html {
  const relatedEvents = world.store.where('event', 'about', id).slice(-RELATED).reverse();
  const rows = relatedEvents.map((event) => ({
    id: event.id,
    cells: [objectLink(event.id, event.type), time(event.created)],
  }));
  return table('Events of this object', ['Event', 'When (UTC)'], rows, 'None.');
}

/** Indented JSON in which every id that exists is a link. */
function jsonOf(world: World, value: unknown, self: string, indent = ''): Html {
  if (typeof value === 'string') {
    const isId = value !== self && value.length > 5 && world.store.find(value) !== undefined;
    return isId ? html`"${objectLink(value)}"` : html`${JSON.stringify(value)}`;
  }
  if (typeof value !== 'object' || value === null) return html`${JSON.stringify(value) ?? 'null'}`;
  const isList = Array.isArray(value);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  if (entries.length === 0) return html`${isList ? '[]' : '{}'}`;
  const deeperIndent = `${indent}  `;
  // These lines are no template: formatters of HTML would fold the lines of a <pre>.
  const lines = entries.map(([key, item], index) => [
    deeperIndent,
    isList ? '' : `${JSON.stringify(key)}: `,
    jsonOf(world, item, self, deeperIndent),
    index < entries.length - 1 ? ',\n' : '\n',
  ]);
  return joined([isList ? '[\n' : '{\n', lines, indent, isList ? ']' : '}']);
}
