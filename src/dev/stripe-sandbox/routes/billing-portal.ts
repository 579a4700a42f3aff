/** The billing portal: configurations, and sessions whose page is on this server. */
import { change, emit } from '../events';
import { newId, randomText } from '../identifiers';
import type { PortalConfiguration } from '../objects-portal';
import { FEATURES, featuresOf, NO_FEATURES } from '../portal/features';
import { FLOW_DATA, flowOf } from '../portal/flow-data';
import { invalid } from '../protocol/fault';
import { page } from '../protocol/listing';
import { named, namedCustomer, stored } from '../protocol/lookup';
import * as p from '../protocol/params';
import { present } from '../presentation';
import { route } from '../protocol/router';
import { accountNow } from '../world';
import type { World } from '../world';

const CONFIGURATIONS = '/v1/billing_portal/configurations';

const TERMS = {
  business_profile: p.object({
    headline: p.unsettable(p.text),
    privacy_policy_url: p.text,
    terms_of_service_url: p.text,
  }),
  default_return_url: p.unsettable(p.webUrl),
  features: FEATURES,
  metadata: p.metadata,
  name: p.unsettable(p.text),
};

export const BILLING_PORTAL_ROUTES = [
  route(
    `POST ${CONFIGURATIONS}`,
    TERMS,
    ({ world, params }) => present(world, newConfiguration(world, params, false)),
    ['features'],
  ),
  route(
    `GET ${CONFIGURATIONS}`,
    { ...p.PAGE, active: p.bool, is_default: p.bool },
    ({ world, params }) => {
      const { active, is_default: isDefault } = params;
      const configurations = world.store
        .all('billing_portal.configuration')
        .filter((one) => active === undefined || one.active === active)
        .filter((one) => isDefault === undefined || one.is_default === isDefault);
      return page(CONFIGURATIONS, configurations, params, (one) => present(world, one));
    },
  ),
  route(`GET ${CONFIGURATIONS}/:id`, {}, ({ world, path }) =>
    present(world, stored(world, 'billing_portal.configuration', path.id)),
  ),
  route(`POST ${CONFIGURATIONS}/:id`, { ...TERMS, active: p.bool }, (call) => {
    const { world, params, path } = call;
    const configuration = stored(world, 'billing_portal.configuration', path.id);
    if (params.active === false && configuration.is_default)
      throw invalid('The default configuration cannot be deactivated.', { param: 'active' });
    const { business_profile: profile, features, metadata, ...terms } = params;
    const update = {
      ...terms,
      ...(profile && { business_profile: { ...configuration.business_profile, ...profile } }),
      ...(features && { features: featuresOf(world, configuration.features, features) }),
      metadata: p.mergeMetadata(configuration.metadata, metadata),
      updated: accountNow(world),
    };
    const type = 'billing_portal.configuration.updated';
    change(world, 'billing_portal.configuration', configuration, update, type);
    return present(world, configuration);
  }),
  route(
    'POST /v1/billing_portal/sessions',
    {
      configuration: p.filled,
      customer: p.filled,
      flow_data: FLOW_DATA,
      locale: p.text,
      return_url: p.webUrl,
    },
    ({ world, params, origin }) => {
      const customer = namedCustomer(world, params.customer);
      const { configuration: configurationId } = params;
      const configuration = configurationId
        ? named(world, 'billing_portal.configuration', configurationId, 'configuration')
        : defaultConfiguration(world);
      if (!configuration.active) {
        throw invalid(`Portal configuration ${configuration.id} is inactive.`, {
          param: 'configuration',
        });
      }
      const secret = `test_${randomText(40)}`;
      const session = world.store.put('billing_portal.session', {
        id: newId('bps'),
        object: 'billing_portal.session',
        configuration: configuration.id,
        created: accountNow(world),
        customer: customer.id,
        customer_account: null,
        flow:
          params.flow_data === undefined
            ? null
            : flowOf(world, customer, configuration, params.flow_data),
        livemode: false,
        locale: params.locale ?? null,
        on_behalf_of: null,
        return_url: params.return_url ?? configuration.default_return_url,
        url: `${origin}/p/session/${secret}`,
        secret,
        isFlowDone: false,
        waitingSetup: null,
      });
      emit(world, 'billing_portal.session.created', session);
      return present(world, session);
    },
    ['customer'],
  ),
];

/** Stripe's is made in the Dashboard; here it is there when it is first needed. */
function defaultConfiguration(world: World): PortalConfiguration {
  const storedDefault = world.store
    .all('billing_portal.configuration')
    .find((one) => one.is_default);
  if (storedDefault) return storedDefault;
  return newConfiguration(world, { features: EVERYTHING }, true);
}

const EVERYTHING = {
  customer_update: { allowed_updates: ['email' as const], enabled: true },
  invoice_history: { enabled: true },
  payment_method_update: { enabled: true },
  subscription_cancel: { enabled: true },
};

type Terms = p.Parsed<typeof TERMS>;

function newConfiguration(world: World, terms: Terms, isDefault: boolean): PortalConfiguration {
  const now = accountNow(world);
  const { business_profile: profile } = terms;
  const configuration = world.store.put('billing_portal.configuration', {
    id: newId('bpc'),
    object: 'billing_portal.configuration',
    active: true,
    application: null,
    business_profile: {
      headline: profile?.headline ?? null,
      privacy_policy_url: profile?.privacy_policy_url ?? null,
      terms_of_service_url: profile?.terms_of_service_url ?? null,
    },
    created: now,
    default_return_url: terms.default_return_url ?? null,
    features: featuresOf(world, NO_FEATURES, terms.features ?? {}),
    is_default: isDefault,
    livemode: false,
    login_page: { enabled: false, url: null },
    metadata: p.mergeMetadata({}, terms.metadata),
    name: terms.name ?? null,
    updated: now,
  });
  emit(world, 'billing_portal.configuration.created', configuration);
  return configuration;
}
