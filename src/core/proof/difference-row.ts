/** One figure on which ledger, workflow, meter and invoice do not agree; and the ledger's sums. */

/** Tokens of the period from the ledger's daily sums and usage events, and from no batch. */
export interface LedgerSums {
  readonly usedTokens: number;
  /** Vendors whose usage leaves the allowance alone sold these: they are not in usedTokens. */
  readonly vendorTokens: number;
}

/** One number that should be the same everywhere and is not. */
export interface Difference {
  readonly what: string;
  readonly ledger: number;
  readonly workflow: number;
  readonly meter: number | null;
  readonly invoice: number | null;
}
