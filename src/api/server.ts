/** The API on a port: all that there is. */
import { createApp } from './app';
import type { ApiDeps } from './deps';
import { listen } from './listen';
import type { Address, RunningApi } from './listen';

export const startApi = (deps: ApiDeps, address: Address): Promise<RunningApi> =>
  listen(createApp(deps), address);
