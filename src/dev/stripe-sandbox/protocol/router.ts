/** Which handler answers which method and path, and the parameters that it takes. */
import type { World } from '../world';
import type { Form } from './form';
import { checkFields, EXPAND } from './params';
import type { Fields, Parsed } from './params';

export interface Call<F extends Fields> {
  world: World;
  params: Parsed<F>;
  /** What `:name` in the path stood for. */
  path: Record<string, string>;
  /** Some effects must be on disk before something else goes on. */
  flush: () => void;
  /** The connected account it is about; undefined for the platform. */
  account: string | undefined;
  version: string | undefined;
  /** The caller reaches the sandbox there. */
  origin: string;
}

export interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  pattern: string;
  check: (form: Form) => Parsed<Fields>;
  handle: (call: Call<Fields>) => unknown;
  /** Can be asked on behalf of a connected account. */
  isForAccounts?: boolean;
}

export interface Match {
  route: Route;
  path: Record<string, string>;
}

export function route<F extends Fields>(
  signature: `${Route['method']} /${string}`,
  fields: F,
  handle: (call: Call<F>) => unknown,
  requiredNames: readonly (keyof F & string)[] = [],
): Route {
  const [method, pattern] = signature.split(' ') as [Route['method'], string];
  const allFields = { ...fields, ...EXPAND };
  return {
    method,
    pattern,
    check: (form) => checkFields(form, allFields, requiredNames),
    handle: handle as (call: Call<Fields>) => unknown,
  };
}

/** A route that also answers about a connected account's own objects. */
export const accountRoute: typeof route = (signature, fields, handle, requiredNames) => ({
  ...route(signature, fields, handle, requiredNames),
  isForAccounts: true,
});

/** Routes by method and number of segments, with their patterns taken apart once. */
type Table = Map<string, { route: Route; segments: string[] }[]>;
const tables = new WeakMap<readonly Route[], Table>();

export function match(routes: readonly Route[], method: string, pathname: string): Match | null {
  const segments = pathname.split('/');
  for (const candidate of tableOf(routes).get(`${method} ${segments.length}`) ?? []) {
    const path = matchPath(candidate.segments, segments);
    if (path) return { route: candidate.route, path };
  }
  return null;
}

function tableOf(routes: readonly Route[]): Table {
  const madeTable = tables.get(routes);
  if (madeTable) return madeTable;
  const table: Table = new Map();
  for (const one of routes) {
    const segments = one.pattern.split('/');
    const key = `${one.method} ${segments.length}`;
    table.set(key, [...(table.get(key) ?? []), { route: one, segments }]);
  }
  tables.set(routes, table);
  return table;
}

function matchPath(
  segments: readonly string[],
  pathSegments: readonly string[],
): Record<string, string> | null {
  const isPlain = segments.every(
    (segment, index) => segment.startsWith(':') || segment === pathSegments[index],
  );
  if (!isPlain) return null;
  const path: Record<string, string> = {};
  for (const [index, segment] of segments.entries())
    if (segment.startsWith(':')) path[segment.slice(1)] = decoded(pathSegments[index] ?? '');
  return path;
}

/** What is no encoding stands for itself, and then names nothing. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
