/**
 * Billing boundaries in UTC, to the second, counted from the anchor: the 31st becomes the last day
 * of a shorter month and is the 31st again after it.
 */
import type { Recurring } from '../objects';

type Interval = Pick<Recurring, 'interval' | 'interval_count'>;

const FIXED_SECONDS = { day: 86_400, week: 7 * 86_400 };

export function addIntervals(anchor: number, interval: Interval, times: number): number {
  const count = interval.interval_count * times;
  if (interval.interval === 'day' || interval.interval === 'week')
    return anchor + FIXED_SECONDS[interval.interval] * count;
  const months = interval.interval === 'year' ? 12 * count : count;
  const date = new Date(anchor * 1000);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth() + months;
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const secondsOfDay = anchor - Math.floor(anchor / 86_400) * 86_400;
  return Date.UTC(year, month, Math.min(date.getUTCDate(), lastDay)) / 1000 + secondsOfDay;
}

/** The first boundary later than `time`. */
export function nextBoundary(anchor: number, interval: Interval, time: number): number {
  const approximate = addIntervals(0, interval, 1);
  let times = Math.floor((time - anchor) / (approximate * 1.1)) - 2;
  let boundary = addIntervals(anchor, interval, times);
  while (boundary <= time) {
    times += 1;
    boundary = addIntervals(anchor, interval, times);
  }
  return boundary;
}

/** The boundary before `boundary`, which is one itself. */
export function previousBoundary(anchor: number, interval: Interval, boundary: number): number {
  let times = 0;
  while (addIntervals(anchor, interval, times) < boundary) times += 1;
  while (addIntervals(anchor, interval, times) > boundary) times -= 1;
  return addIntervals(anchor, interval, times - 1);
}
