/** What is not there: 404, or 405 where the OpenAPI document has the path with other methods. */
import type { RequestHandler } from 'express';
import { DomainError } from '../core/errors';

type Paths = Readonly<Record<string, object>>;

export function createUnknownRoute(paths: Paths): RequestHandler {
  const routes = Object.entries(paths).map(([path, operations]) => ({
    pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`),
    methods: Object.keys(operations).map((method) => method.toUpperCase()),
  }));
  return ({ method, path }, response) => {
    const methods = routes.find(({ pattern }) => pattern.test(path))?.methods;
    if (methods === undefined)
      throw new DomainError(
        'not_found',
        `There is no ${method} ${path}. /docs lists what there is.`,
      );
    const allowed = methods.join(', ');
    response.set('Allow', allowed);
    throw new DomainError('method_not_allowed', `${path} has ${allowed}, and no ${method}.`);
  };
}
