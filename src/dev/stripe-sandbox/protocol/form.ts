/** Nested parameters as the SDK form-encodes them: `items[0][price]=p`, `expand[]=a`. */
import { invalid } from './fault';

export type Form = { [key: string]: string | Form };

export function parseForm(encoded: string): Form {
  const form: Form = Object.create(null) as Form;
  for (const [key, value] of new URLSearchParams(encoded)) set(form, segments(key), value);
  return form;
}

/** A JSON body as the same nested texts, so that one set of checks reads both. */
export function formOfJson(body: string): Form {
  let value: unknown;
  try {
    value = JSON.parse(body === '' ? '{}' : body);
  } catch (error) {
    throw invalid(`The body is not JSON: ${String(error)}.`);
  }
  const form = formOfValue(value);
  if (typeof form !== 'string') return form;
  throw invalid(`The body is ${body}: expected a JSON object.`);
}

function formOfValue(value: unknown): string | Form {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'object') return String(value as string | number | boolean);
  const form: Form = Object.create(null) as Form;
  for (const [key, item] of Object.entries(value)) form[key] = formOfValue(item);
  return form;
}

function segments(key: string): string[] {
  const bracket = key.indexOf('[');
  if (bracket <= 0) return [key];
  return [
    key.slice(0, bracket),
    ...[...key.slice(bracket).matchAll(/\[([^\]]*)\]/g)].map((m) => m[1]!),
  ];
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
      const newForm = Object.create(null) as Form;
      node[name] = newForm;
      node = newForm;
    } else {
      node = child;
    }
  }
}
