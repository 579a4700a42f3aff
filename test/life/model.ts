/**
 * The model of a life: what was done, in the order it was done. Commands do the same to the model
 * and to the real life; what must have come of it is told by the oracle alone.
 */
import { CATALOG, prorations, termsIn } from './oracle';
import type { OracleCatalog, OracleGrant, OraclePeriod, OracleTerms, OracleUsage } from './oracle';

export interface Used extends OracleUsage {
  /** Start of the period whose invoice was final when this was recorded. */
  readonly lateFor: number | null;
}

export class Model {
  /** Today's catalog: who is on a plan stays at what they bought. */
  catalog: OracleCatalog = CATALOG;
  terms: OracleTerms;
  next: OracleTerms | null = null;
  /** Closed ones first; the last is the current one. */
  readonly periods: OraclePeriod[] = [];
  readonly usage: Used[] = [];
  readonly grants: OracleGrant[] = [];
  /** Cents of every credit and charge within a period. */
  readonly prorations: number[] = [];
  /** Starts of periods whose invoice is final. */
  readonly finalized = new Set<number>();
  /** Somebody has put other figures there at Stripe: what is drafted may be held. */
  isEdited = false;
  /** Invoice items of nobody's, until they are taken off. */
  readonly addedLines: string[] = [];
  isPaused = false;
  isEnded = false;

  constructor(plan: string, start: number, end: number, isTrial: boolean) {
    this.terms = termsIn(this.catalog, plan);
    this.begin(start, end, isTrial);
  }

  get current(): OraclePeriod {
    return this.periods.at(-1) as OraclePeriod;
  }

  /** Past the draft of the period before: what happens now is the current period's alone. */
  get coming(): OracleTerms {
    return this.next ?? this.terms;
  }

  use(second: number, model: string, tokens: number): void {
    const period = this.periods.find(({ start, end }) => start <= second && second < end);
    const isLate = period !== undefined && this.finalized.has(period.start);
    this.usage.push({ second, model, tokens, lateFor: isLate ? period.start : null });
  }

  changePlan(terms: OracleTerms, at: number): void {
    this.prorations.push(...prorations(this.current, this.terms, terms, at));
    this.terms = terms;
    this.next = null;
    this.periods[this.periods.length - 1] = { ...this.current, terms };
  }

  /** A period has begun; the one before ended when it did, a trial earlier than it was to. */
  renewed(start: number, end: number): void {
    if (start === this.current.start) return;
    this.terms = this.coming;
    this.next = null;
    this.periods[this.periods.length - 1] = { ...this.current, end: start };
    this.begin(start, end, false);
  }

  /** A person has moved the end of the trial that runs. */
  trialEndsAt(end: number): void {
    this.periods[this.periods.length - 1] = { ...this.current, end };
  }

  private begin(start: number, end: number, isTrial: boolean): void {
    const baseCents = isTrial ? 0 : this.terms.baseCents;
    this.periods.push({ start, end, terms: this.terms, isTrial, baseCents });
  }
}
