/** Nested parameters as the SDK form-encodes them: `items[0][price]=p`, `expand[]=a`. */

export type Form = { [key: string]: string | Form };

export function parseForm(encoded: string): Form {
  const form: Form = Object.create(null) as Form;
  for (const [key, value] of new URLSearchParams(encoded)) set(form, segments(key), value);
  return form;
}

function segments(key: string): string[] {
  const open = key.indexOf('[');
  if (open <= 0) return [key];
  return [key.slice(0, open), ...[...key.slice(open).matchAll(/\[([^\]]*)\]/g)].map((m) => m[1]!)];
}

function set(form: Form, path: readonly string[], value: string): void {
  let node = form;
  for (const [index, segment] of path.entries()) {
    const name = segment === '' ? String(Object.keys(node).length) : segment;
    if (index === path.length - 1) {
      node[name] = value;
      return;
    }
    const child = node[name];
    if (child === undefined || typeof child === 'string') {
      const created = Object.create(null) as Form;
      node[name] = created;
      node = created;
    } else {
      node = child;
    }
  }
}
