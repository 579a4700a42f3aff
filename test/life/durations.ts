/** Durations as workflows write them, in milliseconds. */

const UNITS: Readonly<Record<string, number>> = {
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

export function milliseconds(duration: string | number): number {
  if (typeof duration === 'number') return duration;
  const [, count, unit] = /^(\d+) (\w+?)s?$/.exec(duration) ?? [];
  const factor = UNITS[unit ?? ''];
  if (!factor) throw new Error(`the duration is ${duration}`);
  return Number(count) * factor;
}
