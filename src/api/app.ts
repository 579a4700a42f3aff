/** The HTTP API, without a port: every route and what stands before it. */
import { setMaxListeners } from 'node:events';
import type { RequestListener } from 'node:http';
import express from 'express';
import type { RequestHandler } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { findCustomer } from '../db/customers';
import { createConnectedAccounts } from '../stripe/connected-accounts';
import { orOurs } from '../stripe/test-clocks';
import { checkoutRoutes } from './checkout/checkout';
import { customerListRoutes } from './customers/customer-list';
import { customerRoutes } from './customers/customers';
import { createLivePages, dashboardRoutes } from './dashboard/dashboard';
import type { ApiDeps } from './deps';
import { docsRoutes } from './docs';
import { healthRoutes } from './http/health';
import { marginRoutes } from './reports/margin';
import { auditRoutes } from './reports/audit-export';
import { exceptionListRoutes } from './reports/exception-list';
import { atTheDoor } from './http/door';
import type { Keyring } from './http/keyring';
import { customerTokenRoutes } from './me/customer-token';
import { ownRoutes } from './me/own-routes';
import { problemHandler, sendProblem } from './http/problems';
import { createUnknownRoute } from './unknown-route';
import type { UpgradeRequest } from './without-upgrade';
import { reportRoutes } from './reports/reports';
import { selfServiceRoutes } from './self-service/self-service';
import { unknownModelRoutes } from './reports/unknown-models';
import { usageEventRoutes } from './reports/usage-events';
import { customerAccess } from './reports/usage-report';
import { billingPortalRoutes } from './customers/billing-portal';
import { subscriptionChangeRoutes } from './customers/subscription-changes';
import { stripeWebhookRoutes } from './http/stripe-webhook';
import { openApiDocument } from './openapi';
import { createModelProxy } from './proxy/proxy';
import type { ReadAccess } from './proxy/pacer';
import type { Gates } from './limits/gates';
import { limitVisits } from './limits/visits';
import { createUsageService } from './usage/usage-service';
import { vendorChargeRoutes } from './vendors/vendor-charges';
import { vendorDashboardRoutes } from './vendors/vendor-dashboard';
import { vendorOnboardingRoutes } from './vendors/vendor-onboarding';
import { vendorMovementRoutes } from './vendors/vendor-movements';
import { vendorPayoutRoutes } from './vendors/vendor-payouts';
import { vendorRoutes } from './vendors/vendors';

export interface App {
  readonly listener: RequestListener;
  /** Returns whether it takes the connection over; left out: it never does. */
  openSession?(upgrade: UpgradeRequest): boolean;
  /** Ends what would stay open: calls of models, and pages that are live. */
  close(): Promise<void>;
}

export function createApp(deps: ApiDeps): App {
  const { pool, log, clocks } = deps;
  const usage = createUsageService(deps, { calls: () => proxy.waitingEvents() });
  const { gates, intake, metrics } = usage;
  const { keyring } = gates;
  const closeAbort = new AbortController();
  // One for each page that is open.
  setMaxListeners(0, closeAbort.signal);
  const readAccess: ReadAccess = async (id) => {
    const customer = await findCustomer(pool, id);
    return customer && customerAccess({ ...deps, clocks: orOurs(clocks) }, customer);
  };
  const proxy = createModelProxy({ ...deps, keyring, intake, metrics, readAccess });
  const routes = createRoutes(deps, {
    ...gates,
    serveMetrics: usage.serveMetrics,
    countStranger: metrics.countStranger,
    closing: closeAbort.signal,
  });

  const app = behind(keyring, routes, log);

  return {
    listener: atTheDoor((request, response) => {
      const listener = usage.listenerFor(request) ?? proxy.listenerFor(request) ?? app;
      listener(request, response);
    }, log),
    openSession: proxy.openSession,
    close: () => {
      closeAbort.abort();
      return proxy.close();
    },
  };
}

/** Whoever has to wait anyway is refused before it is known what it wants. */
const behind =
  (keyring: Keyring, routes: RequestListener, log: Logger): RequestListener =>
  (request, response) => {
    const refusal = keyring.turnAway({ request, response });
    if (!refusal) {
      response.once('finish', () => {
        if (response.statusCode === 429) keyring.chargeRefusal({ request, response });
      });
      return routes(request, response);
    }
    response.setHeader('X-Content-Type-Options', 'nosniff');
    refusal.then(
      () => routes(request, response),
      (error: unknown) => sendProblem(response, error, log),
    );
  };

/** Every route but those of usage and the proxy's, and what stands before and after them. */
function createRoutes(
  deps: ApiDeps,
  gates: Gates & {
    readonly serveMetrics: RequestHandler;
    readonly countStranger: () => void;
    readonly closing: AbortSignal;
  },
): RequestListener {
  const { keyring, refusals, limits, serveMetrics, countStranger, closing } = gates;
  const app = express();
  app.disable('x-powered-by');
  // No upgrade to HTTPS: TLS ends before us, and a local run has none.
  app.use(helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }));
  app.use(
    stripeWebhookRoutes({ ...deps, pool: deps.ingestPool ?? deps.pool, refusals, countStranger }),
  );
  app.use(healthRoutes(deps));
  const visits = limitVisits(limits);
  app.use(visits);
  app.get('/metrics', keyring.requireScope('metrics'), serveMetrics);
  const guards = {
    read: keyring.requireScope('read'),
    readCustomer: keyring.requireScopeForCustomer('read'),
    admin: keyring.requireScope('admin'),
  };
  app.use(customerListRoutes(deps, guards.read));
  app.use(customerRoutes(deps, guards));
  app.use(checkoutRoutes(deps, guards.admin));
  app.use(subscriptionChangeRoutes(deps, guards.admin));
  const accounts = createConnectedAccounts(deps.stripe);
  app.use(vendorRoutes({ ...deps, accounts }, guards));
  app.use(vendorOnboardingRoutes({ ...deps, accounts }));
  app.use(vendorPayoutRoutes(deps, guards.read));
  app.use(vendorMovementRoutes(deps, guards.read));
  app.use(vendorChargeRoutes({ ...deps, accounts }, guards.admin));
  app.use(vendorDashboardRoutes(deps, guards.admin));
  app.use(reportRoutes(deps, guards.readCustomer));
  app.use(auditRoutes(deps, guards.readCustomer));
  app.use(usageEventRoutes(deps, guards.readCustomer));
  app.use(exceptionListRoutes(deps, guards.read));
  app.use(unknownModelRoutes(deps, guards.read));
  app.use(marginRoutes(deps, guards.admin));
  const streamPage = createLivePages({ ...deps, closing });
  app.use(dashboardRoutes({ ...deps, streamPage }, guards.readCustomer));
  app.use(billingPortalRoutes(deps, guards.admin));
  app.use(selfServiceRoutes(deps, gates.parseBody));
  app.use(customerTokenRoutes(deps, guards.admin));
  app.use(ownRoutes({ ...deps, streamPage }, gates.parseBody));
  const document = openApiDocument();
  app.use(docsRoutes(document));
  app.use('/v1', visits);
  app.use(createUnknownRoute(document.paths ?? {}));
  app.use(problemHandler(deps.log));
  return app;
}
