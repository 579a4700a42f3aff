/**
 * The API of a process that takes usage alone, for `API_SERVES=usage`: no page, export, webhook or
 * upload shares its event loop.
 */
import express from 'express';
import helmet from 'helmet';
import { DomainError } from '../../core/errors';
import type { App } from '../app';
import { atTheDoor } from '../http/door';
import { healthRoutes } from '../http/health';
import { problemHandler } from '../http/problems';
import { listen } from '../listen';
import type { Address, RunningApi } from '../listen';
import { limitByAddress } from '../limits/visits';
import { createUnknownRoute } from '../unknown-route';
import { usagePaths } from './openapi-usage';
import { createUsageService } from './usage-service';
import type { UsageService, UsageServiceDeps } from './usage-service';

/** It listens until it is closed. */
export const startUsageApi = (deps: UsageServiceDeps, address: Address): Promise<RunningApi> =>
  listen(createUsageApp(deps), address);

function createUsageApp(deps: UsageServiceDeps): App {
  const service = createUsageService(deps, { calls: () => 0 });
  const others = createOtherRoutes(deps, service);
  return {
    listener: atTheDoor((request, response) => {
      const listener = service.listenerFor(request) ?? others;
      listener(request, response);
    }, deps.log),
    close: async () => undefined,
  };
}

function createOtherRoutes(
  deps: UsageServiceDeps,
  { gates: { keyring, limits }, serveMetrics }: UsageService,
): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(helmet());
  app.use(healthRoutes(deps));
  app.get('/metrics', keyring.requireScope('metrics'), serveMetrics);
  // No key is looked at for what is not answered here.
  app.use(limitByAddress(limits));
  app.use(createUnknownRoute(usagePaths, misdirected));
  app.use(problemHandler(deps.log));
  return app;
}

const misdirected = (request: string): DomainError =>
  new DomainError(
    'misdirected_request',
    `This process takes usage alone (API_SERVES=usage): ${request} is for one without that ` +
      'setting. Have the gateway choose by path.',
  );
