/** How the customer stands: read when the page is opened, and whenever the figures change. */
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { Standing } from '../../standing';
import type { DashboardView } from '../../view';
import { newsOf } from '../../../react/data/news';
import { Refusal } from '../../../react/data/refusal';
import type { Desk } from './desk';
import { useLatest } from './use-latest';

export interface StandingNow {
  readonly standing: Standing | undefined;
  /** Why nothing can be changed; undefined: it can. */
  readonly refusal: string | undefined;
  /** What was just done on Stripe's page. */
  readonly done: string | undefined;
  readonly setStanding: (standing: Standing) => void;
}

const OTHERS = 'This link is put together of two: open the page from the app again.';
/** What came of a visit to Stripe is told to us by Stripe, which takes a moment. */
const LOOK_AGAIN_MS = [1_000, 2_000, 4_000, 8_000];

export function useStanding(desk: Desk, view: DashboardView): StandingNow {
  const [done, setDone] = useState(takeDone);
  const { customer, billing } = view;
  const readStanding = useCallback(async () => {
    const standing = await desk.standing();
    if (standing.customer === customer) return standing;
    // Whoever made such a link would have somebody else's card put in for their own bill.
    throw new Refusal('forbidden', OTHERS);
  }, [desk, customer]);
  const news = JSON.stringify([newsOf(view), billing?.isEnded]);
  const { value: standing, refusal, readAgain, setValue } = useLatest(readStanding, news);
  useEffect(() => {
    const timers = done === undefined ? [] : LOOK_AGAIN_MS.map((ms) => setTimeout(readAgain, ms));
    return () => timers.forEach(clearTimeout);
  }, [readAgain, done]);
  const setStanding = (acted: Standing) => {
    setValue(acted);
    setDone(undefined);
  };
  return { standing, refusal: refusal?.message, done, setStanding };
}

/** It is said once: whoever loads the page again has not done it again. */
function takeDone(): string | undefined {
  const query = new URLSearchParams(location.search);
  const done = query.get('done') ?? undefined;
  if (done === undefined) return undefined;
  query.delete('done');
  const rest = query.toString();
  history.replaceState(history.state, '', location.pathname + (rest && `?${rest}`));
  return done;
}
