/** How work is ended in these tests: cancelled with its scope, or continued as new. */

export class Cancelled extends Error {
  override readonly name = 'Cancelled';
}
/** Thrown to end a run; the next one begins with the input. */
export class ContinuedAsNew extends Error {
  constructor(readonly input: unknown) {
    super('continued as new');
  }
}

export interface Scope {
  isCancelled: boolean;
  readonly onCancel: Set<() => void>;
}

export const newScope = (): Scope => ({ isCancelled: false, onCancel: new Set() });
