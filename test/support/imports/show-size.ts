/** How much of an account is brought: some sixty, or as `npm run import-show` says. */
import { chance } from '../../life/chance';

const numberOf = (name: string, otherwise: number): number =>
  Number(process.env[`IMPORT_SHOW_${name}`] ?? otherwise);

export const SUBSCRIPTIONS = numberOf('SUBSCRIPTIONS', 56);
/** Half of them at the first renewal, half now, in the month after it. */
export const CUT_OVER = numberOf('CUT_OVER', 6);
export const SEED = numberOf('SEED', 17);

/** It runs as a command of its own, for people who wait for it. */
export const IS_SHOW = ['IMPORT_SHOW_SUBSCRIPTIONS', 'RENEWALS_SHOW_CUSTOMERS'].some(
  (name) => process.env[name] !== undefined,
);

/** What takes so long for sixty takes as much longer for more. */
export const patience = (ms: number): number => ms * Math.max(1, Math.ceil(SUBSCRIPTIONS / 60));

/** All chance of it. */
export const random = chance(SEED);

const EDGES = [0, 1, 100_000, 100_001, 500_000, 500_001];

/** Tokens of a part of a month: around the allowances as often as far from them. */
export const drawTokens = (): number =>
  random() < 0.3
    ? (EDGES[Math.floor(random() * EDGES.length)] ?? 0)
    : Math.floor(random() * 900_000);
