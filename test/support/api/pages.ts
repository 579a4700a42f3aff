/** Reads a list of the API to its end, page by page. */
import type { TestApi } from './api';

export interface ListPage<T> {
  readonly rows: readonly T[];
  readonly nextCursor: string | null;
}

/** `name`: what the list is called in its answer. */
export async function readPage<T>(
  api: TestApi,
  path: string,
  name: string,
  cursor: string | null = null,
): Promise<ListPage<T>> {
  const mark = path.includes('?') ? '&' : '?';
  const url = cursor === null ? path : `${path}${mark}after=${cursor}`;
  const response = await api.request(url, { key: api.keys.read });
  const answer = (await response.json()) as Record<string, unknown>;
  if (response.status !== 200) throw new Error(`${url}: ${JSON.stringify(answer)}`);
  return { rows: answer[name] as T[], nextCursor: answer.nextCursor as string | null };
}

/** `between`: what happens after each page, before the next one is asked for. */
export async function readAll<T>(
  api: TestApi,
  path: string,
  name: string,
  between: (pages: number) => Promise<unknown> = async () => undefined,
): Promise<T[]> {
  const rows: T[] = [];
  let cursor: string | null = null;
  for (let pages = 1; ; pages += 1) {
    const page: ListPage<T> = await readPage<T>(api, path, name, cursor);
    rows.push(...page.rows);
    if (page.nextCursor === null) return rows;
    cursor = page.nextCursor;
    await between(pages);
  }
}
