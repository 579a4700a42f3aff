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
