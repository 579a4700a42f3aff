/** Who was there just now. Whoever is alone may have everything; beside others, a share. */
const JUST_NOW_MS = 1_000;

export interface Company {
  note(owner: string, nowMs?: number): void;
  hasOthers(owner: string, nowMs?: number): boolean;
}

export function createCompany(): Company {
  // Two are enough to say of anybody whether somebody else was there.
  let last = { owner: '', atMs: -Infinity };
  let lastOther = last;
  return {
    note: (owner, nowMs = Date.now()) => {
      if (owner !== last.owner) lastOther = last;
      last = { owner, atMs: nowMs };
    },
    hasOthers: (owner, nowMs = Date.now()) =>
      nowMs - (owner === last.owner ? lastOther : last).atMs < JUST_NOW_MS,
  };
}
