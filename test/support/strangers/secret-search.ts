/** Looks for secrets in what was written, also where they were spelled otherwise on the way. */

export interface Finding {
  /** The name of the secret. */
  readonly secret: string;
  readonly place: string;
  /** What stands before it, never the secret itself. */
  readonly after: string;
}

const CONTEXT = 120;

/** `secrets` by name; `written` by place. The first finding of each secret in each place. */
export function findSecrets(
  secrets: Readonly<Record<string, string>>,
  written: Readonly<Record<string, string>>,
): Finding[] {
  return Object.entries(secrets).flatMap(([secret, value]) =>
    Object.entries(written).flatMap(([place, text]) => {
      const [at] = spellingsOf(value)
        .map((spelling) => text.indexOf(spelling))
        .filter((index) => index >= 0);
      if (at === undefined) return [];
      return [{ secret, place, after: text.slice(Math.max(0, at - CONTEXT), at) }];
    }),
  );
}

/** As it is, in an address, in JSON, in hexadecimal, and within a longer text in base64. */
export function spellingsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const inBase64 = [0, 1, 2].flatMap((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    // The first and the last characters depend on the neighbours, too.
    const whole = text.slice(
      Math.ceil((offset * 4) / 3),
      Math.floor((offset + bytes.length) / 3) * 4,
    );
    return [whole, whole.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const inJson = JSON.stringify(secret).slice(1, -1);
  const all = [secret, encodeURIComponent(secret), inJson, bytes.toString('hex'), ...inBase64];
  return [...new Set(all)];
}
