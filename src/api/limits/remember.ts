/** What was looked up is remembered, and all of it forgotten when that is too much. */
const NAMES_MAX = 10_000;

export function remember<Value>(values: Map<string, Value>, name: string, value: Value): void {
  if (values.size >= NAMES_MAX) values.clear();
  values.set(name, value);
}
