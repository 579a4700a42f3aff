/** What the value of a variable has to look like. */

/** One key or more of 32 bytes in base64; the first may be the word for no encryption. */
export const PAYLOAD_KEYS = /^(none|[A-Za-z0-9+/]{43}=)(,[A-Za-z0-9+/]{43}=)*$/;

/** Temporal writes a version as `deployment:build`, or as `deployment.build`. */
export const DEPLOYMENT_NAME = /^[\w-]{1,200}$/;
export const BUILD_ID = /^[\w.+-]{1,200}$/;

/** A Content-Security-Policy takes these, and nothing among them would end its directive. */
export function areOrigins(text: string): boolean {
  const origins = text.split(/[\s,]+/).filter(Boolean);
  return origins.every((origin) => /^https?:\/\/(\*\.)?[\w-]+(\.[\w-]+)*(:\d{1,5})?$/.test(origin));
}

/** The driver takes a socket's folder, too, and any sign in a password. */
export function isDatabase(text: string): boolean {
  const address = encodeURI(text).replace(/%25/g, '%');
  return /^(\/|socket:)/.test(text) || (/^postgres(ql)?:\/\//.test(text) && URL.canParse(address));
}

/** A secret of the Standard Webhooks kind has 192 to 512 bits. */
export function isSigningSecret(text: string): boolean {
  const [, base64 = ''] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text) ?? [];
  const bytes = Buffer.from(base64, 'base64').length;
  return bytes >= 24 && bytes <= 64;
}

const DASHBOARD_SECRET_LENGTH_MIN = 32;
/** These are chosen by the operator, so they may be a copy of what somebody else knows. */
const OF_THEIR_OWN = ['DASHBOARD_SECRET', 'CODEC_SERVER_KEY'] as const;

type Secrets = Readonly<Record<string, unknown>> & {
  readonly DASHBOARD_SECRET?: string | undefined;
  readonly STRIPE_SECRET_KEY: string;
};

/** A live key is what makes an installation a production one: from then on links lead to money. */
export function secretFaults(environment: Secrets): [string, string][] {
  const { DASHBOARD_SECRET, STRIPE_SECRET_KEY } = environment;
  const isTooWeak = (DASHBOARD_SECRET?.length ?? 0) < DASHBOARD_SECRET_LENGTH_MIN;
  const faults: [string, string][] = [];
  if (STRIPE_SECRET_KEY.includes('_live_') && isTooWeak) {
    const expected = `${DASHBOARD_SECRET_LENGTH_MIN} random characters or more`;
    faults.push(['DASHBOARD_SECRET', `expected ${expected} with a live key of Stripe's`]);
  }
  for (const name of OF_THEIR_OWN) {
    const others = Object.entries(environment).filter(([other]) => other !== name);
    const twin = others.find(([, value]) => value !== undefined && value === environment[name]);
    if (twin) faults.push([name, `expected a secret of its own, and it is that of ${twin[0]}`]);
  }
  return faults;
}
