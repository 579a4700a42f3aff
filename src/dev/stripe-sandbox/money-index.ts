/** What each account has, kept as a sum: a balance is asked for at every transfer and refund. */
import type { BalanceTransaction } from './objects-money';

export interface Held {
  currency: string;
  available: number;
  pending: number;
}

export interface MoneyIndex {
  add(movement: BalanceTransaction): void;
  /** Sums by currency, of what is available at `now` and of what is not yet. */
  of(owner: string | undefined, now: number): Held[];
  clear(): void;
}

interface Account {
  movements: BalanceTransaction[];
  availableSums: Map<string, number>;
  pendingMovements: BalanceTransaction[];
  summedUpTo: number;
}

export function createMoneyIndex(): MoneyIndex {
  const accounts = new Map<string, Account>();
  return {
    add: (movement) => {
      const account = accounts.get(movement.owner ?? '') ?? emptyAccount();
      accounts.set(movement.owner ?? '', account);
      account.movements.push(movement);
      account.pendingMovements.push(movement);
    },
    of: (owner, now) => {
      const account = accounts.get(owner ?? '');
      if (!account) return [];
      // Tests may set real time back: then what was available may not be so any more.
      if (now < account.summedUpTo) startOver(account);
      return sumsAt(account, now);
    },
    clear: () => accounts.clear(),
  };
}

const emptyAccount = (): Account => ({
  movements: [],
  availableSums: new Map(),
  pendingMovements: [],
  summedUpTo: -Infinity,
});

function startOver(account: Account): void {
  account.availableSums.clear();
  account.pendingMovements = [...account.movements];
}

function sumsAt(account: Account, now: number): Held[] {
  account.summedUpTo = now;
  const pendingMovements: BalanceTransaction[] = [];
  const pendingSums = new Map<string, number>();
  for (const movement of account.pendingMovements) {
    const isAvailable = movement.available_on <= now;
    add(isAvailable ? account.availableSums : pendingSums, movement);
    if (!isAvailable) pendingMovements.push(movement);
  }
  account.pendingMovements = pendingMovements;
  const currencies = new Set([...account.availableSums.keys(), ...pendingSums.keys()]);
  return [...currencies].map((currency) => ({
    currency,
    available: account.availableSums.get(currency) ?? 0,
    pending: pendingSums.get(currency) ?? 0,
  }));
}

function add(sums: Map<string, number>, { currency, net }: BalanceTransaction): void {
  sums.set(currency, (sums.get(currency) ?? 0) + net);
}
