/** A call of the sandbox's own API from within: with all its checks, and the events it makes. */
import { parseForm } from '../protocol/form';
import { match } from '../protocol/router';
import { ROUTES } from '../routes';
import type { World } from '../world';

export async function callApi(
  { world, flush }: { world: World; flush: () => void },
  signature: `${'POST' | 'DELETE'} /v1/${string}`,
  params: Record<string, string> = {},
): Promise<unknown> {
  const [method = '', path = ''] = signature.split(' ');
  const routeMatch = match(ROUTES, method, path);
  if (!routeMatch) throw new Error(`The sandbox has no ${signature}.`);
  const fields = routeMatch.route.check(parseForm(new URLSearchParams(params).toString()));
  const result = await routeMatch.route.handle({
    world,
    params: fields,
    path: routeMatch.path,
    flush,
    account: undefined,
    version: undefined,
    origin: '',
  });
  flush();
  return result;
}
