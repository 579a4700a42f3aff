/** What is not there: 404, or 405 where the OpenAPI document has the path with other methods. */
import type { RequestHandler } from 'express';
import { DomainError } from '../core/errors';

type Paths = Readonly<Record<string, object>>;

/** `refusalOf` is given `GET /v1/other`. */
export function createUnknownRoute(paths: Paths, refusalOf = notFound): RequestHandler {
  const routes = Object.entries(paths).map(([path, operations]) => ({
    pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`),
    methods: Object.keys(operations).map((method) => method.toUpperCase()),
  }));
  return ({ method, path }, response) => {
    const methods = routes.find(({ pattern }) => pattern.test(path))?.methods;
    if (methods === undefined) throw refusalOf(`${method} ${path}`);
    const allowed = methods.join(', ');
    response.set('Allow', allowed);
    throw new DomainError('method_not_allowed', `${path} has ${allowed}, and no ${method}.`);
  };
}

const notFound = (request: string): DomainError =>
  new DomainError('not_found', `There is no ${request}. /docs lists what there is.`);
