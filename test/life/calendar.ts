/** Spans in seconds, and when lives begin unless a test says otherwise. */

export const HOUR = 3600;
export const DAY = 24 * HOUR;
/** 2026-01-01T00:00:00Z */
export const START = Date.UTC(2026, 0, 1) / 1000;
