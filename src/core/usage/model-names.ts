/**
 * One model has many names: a gateway puts its own before it, a cloud a region, a deployment has
 * one that somebody thought of, and a router answers with another model than it was asked for.
 * Rates and cost book know one of them; the catalog's `modelNames` lead to it.
 */
import { modelMatches } from '../plans/plan';

/** Each that fits changes what the one above it left. */
export interface ModelNameRule {
  /** Names, or prefixes that end in `*`; capitals and small letters are the same. */
  readonly names: readonly string[];
  /** Absent: whatever tier served it. */
  readonly serviceTier?: string | undefined;
  /**
   * What the ledger calls it. A `*` at its end stands for what that of the name stood for;
   * `reported` is the model that answered, if the meter was told.
   */
  readonly model: string;
}

/** What a usage event tells of its model. */
export interface CalledModel {
  readonly model: string;
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

export const REPORTED = 'reported';

/** What a call is in the ledger: its name as sent, where no rule fits. */
export type ModelNamer = (called: CalledModel) => string;

/** Reads the rules once, for as many calls as come. */
export function modelNamer(rules: readonly ModelNameRule[] = []): ModelNamer {
  const compiled = rules.map((rule) => ({
    ...rule,
    names: rule.names.map((name) => ({ pattern: name.toLowerCase(), length: name.length })),
  }));
  return ({ model, metadata }) => {
    let name = model;
    for (const rule of compiled) {
      if (rule.serviceTier !== undefined && rule.serviceTier !== metadata?.serviceTier) continue;
      const rest = restAfter(rule.names, name);
      if (rest === undefined) continue;
      if (rule.model === REPORTED) name = reportedOf(metadata) ?? name;
      else if (rule.model.endsWith('*')) name = rule.model.slice(0, -1) + rest;
      else name = rule.model;
    }
    // Nothing is left of a prefix that was sent by itself.
    return name === '' ? model : name;
  };
}

const reportedOf = (metadata: CalledModel['metadata']): string | undefined => {
  const reported = metadata?.reportedModel;
  return typeof reported === 'string' && reported !== '' ? reported : undefined;
};

interface CompiledName {
  readonly pattern: string;
  /** It is that of the name as written: a small letter may be longer than its capital. */
  readonly length: number;
}

/** What stands for the `*` of the first name that fits, or all of an exact one; else undefined. */
function restAfter(names: readonly CompiledName[], model: string): string | undefined {
  const lowered = model.toLowerCase();
  const fitting = names.find(({ pattern }) => modelMatches(pattern, lowered));
  if (fitting === undefined) return undefined;
  return fitting.pattern.endsWith('*') ? model.slice(fitting.length - 1) : model;
}
