/** What several presentations of stored objects have in common. */

export type Shown = Record<string, unknown>;

export function listOf(url: string, data: readonly unknown[], hasMore = false): Shown {
  return { object: 'list', data, has_more: hasMore, url };
}

export function without(object: object, fields: readonly string[]): Shown {
  const result: Shown = { ...object };
  delete result.owner;
  for (const field of fields) delete result[field];
  return copyOf(result);
}

/** What is shown becomes JSON in the end; as such it is copied several times faster. */
export const copyOf = <T extends object>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
