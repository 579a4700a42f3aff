/** Checks an order (the JSON body of a control route): every field named, none unknown. */
import { refuseOrder } from './route';

export type OrderCheck<T> = (value: unknown, name: string) => T;
type Checks = Record<string, OrderCheck<unknown>>;
export type Ordered<C extends Checks> = { [K in keyof C]?: ReturnType<C[K]> };

export function checkOrder<C extends Checks>(
  order: Record<string, unknown>,
  checks: C,
  requiredNames: readonly (keyof C & string)[] = [],
): Ordered<C> {
  const values: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(order)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (!check) {
      const names = Object.keys(checks).join(', ') || 'none';
      throw refuseOrder(`Unknown field ${name}: this order takes ${names}.`, name);
    }
    values[name] = check(value, name);
  }
  for (const name of requiredNames)
    if (values[name] === undefined) throw refuseOrder(`This order needs the field ${name}.`, name);
  return values as Ordered<C>;
}

function wrong(name: string, expectation: string, value: unknown): Error {
  return refuseOrder(`${name} is ${JSON.stringify(value)}: expected ${expectation}.`, name);
}

export const aText: OrderCheck<string> = (value, name) => {
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(name, 'a text that is not empty', value);
};

export const aFlag: OrderCheck<boolean> = (value, name) => {
  if (typeof value === 'boolean') return value;
  throw wrong(name, 'true or false', value);
};

export const texts: OrderCheck<string[]> = (value, name) => {
  if (!Array.isArray(value) || value.length === 0) throw wrong(name, 'a list of texts', value);
  return value.map((item) => aText(item, name));
};

export function wholeFrom(minimum: number, maximum = Number.MAX_SAFE_INTEGER): OrderCheck<number> {
  return (value, name) => {
    const isWhole = typeof value === 'number' && Number.isSafeInteger(value);
    if (isWhole && value >= minimum && value <= maximum) return value;
    const range =
      maximum === Number.MAX_SAFE_INTEGER ? `from ${minimum}` : `${minimum} to ${maximum}`;
    throw wrong(name, `a whole number ${range}`, value);
  };
}

export const probability: OrderCheck<number> = (value, name) => {
  if (typeof value === 'number' && value > 0 && value <= 1) return value;
  throw wrong(name, 'a number above 0, at most 1', value);
};

export function oneOfThese<const T extends string | number>(...choices: T[]): OrderCheck<T> {
  return (value, name) => {
    const match = choices.find((choice) => choice === value);
    if (match === undefined) throw wrong(name, `one of ${choices.join(', ')}`, value);
    return match;
  };
}

export function orElse<A, B>(
  firstCheck: OrderCheck<A>,
  secondCheck: OrderCheck<B>,
): OrderCheck<A | B> {
  return (value, name) => {
    try {
      return firstCheck(value, name);
    } catch {
      return secondCheck(value, name);
    }
  };
}
