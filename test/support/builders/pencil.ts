/**
 * Rating once more, as a person would do it with a pencil, and with nothing of src/core: each line
 * of the ledger takes what is left of its period's allowance, then of the grants in the order in
 * which they expire, and the rest is billed.
 */
export interface PencilPlan {
  readonly included: number;
  /** The rates for gpt-4o, and for all other models. */
  readonly dear: string;
  readonly cheap: string;
}

export interface PencilPeriod {
  readonly start: number;
  readonly plan: PencilPlan;
}

export interface PencilGrant {
  readonly id: string;
  readonly tokens: number;
  readonly since: number;
  readonly expiresAt: number | null;
}

export interface PencilLine {
  readonly second: number;
  readonly model: string;
  readonly vendor?: string;
  readonly tokens: number;
}

/** Billed tokens by `{start of the period} {rate}`, and what was taken from each grant. */
export function pencil(
  lines: readonly PencilLine[],
  periods: readonly PencilPeriod[],
  grants: readonly PencilGrant[],
): { readonly billed: Record<string, number>; readonly taken: Record<string, number> } {
  const billed: Record<string, number> = {};
  const taken: Record<string, number> = {};
  const usedOfAllowance: Record<number, number> = {};
  const byExpiry = [...grants].sort((a, b) => {
    if (a.expiresAt !== b.expiresAt) return (a.expiresAt ?? 1e12) - (b.expiresAt ?? 1e12);
    if (a.since !== b.since) return a.since - b.since;
    return a.id < b.id ? -1 : 1;
  });
  for (const line of lines) {
    const period = periods.findLast(({ start }) => start <= line.second);
    if (!period) throw new Error(`no period for ${line.second}`);
    const { start, plan } = period;
    let rest = line.tokens;
    let rate = line.model === 'gpt-4o' ? plan.dear : plan.cheap;
    if (line.vendor) {
      rate = `vendor_${line.vendor}`;
    } else {
      const used = usedOfAllowance[start] ?? 0;
      const free = Math.min(rest, plan.included - used);
      usedOfAllowance[start] = used + free;
      rest = rest - free;
      for (const grant of byExpiry) {
        if (line.second < grant.since) continue;
        if (grant.expiresAt !== null && line.second >= grant.expiresAt) continue;
        const before = taken[grant.id] ?? 0;
        const part = Math.min(rest, grant.tokens - before);
        taken[grant.id] = before + part;
        rest = rest - part;
      }
    }
    billed[`${start} ${rate}`] = (billed[`${start} ${rate}`] ?? 0) + rest;
  }
  return { billed, taken };
}
