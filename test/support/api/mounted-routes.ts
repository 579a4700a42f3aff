/** Which routes an API mounts while it is made, as the OpenAPI document would name them. */
import { Router } from 'express';
import type { IRoute } from 'express';

/** Answered without Express, because they are called so often. */
const LEAN = ['post /v1/usage', 'post /api/v1/events', 'post /otlp/v1/traces'];

export interface MountedRoutes {
  /** `get /v1/customers/{customer}` and so on, in order, each once. */
  operations(): string[];
  /** Those, and the ones that are for no app. */
  all(): string[];
  stop(): void;
}

export function recordMountedRoutes(): MountedRoutes {
  const mounted: IRoute[] = [];
  const routers = Router.prototype as unknown as { route(path: string): IRoute };
  const route = routers.route;
  const spy = jest.spyOn(routers, 'route').mockImplementation(function (this: unknown, path) {
    const made = route.call(this as typeof routers, path);
    mounted.push(made);
    return made;
  });
  const namesOf = ({ path, stack }: IRoute) =>
    stack.map(({ method }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
  const operations = () => mounted.filter(({ path }) => path.startsWith('/v1/')).flatMap(namesOf);
  const each = (names: readonly string[]) => [...new Set([...LEAN, ...names])].sort();
  return {
    operations: () => each(operations()),
    all: () => each(mounted.flatMap(namesOf)),
    stop: () => spy.mockRestore(),
  };
}
