/** Formats numbers as people read them. */

/** Makes 1,234,567 of 1234567, without the locale of the machine that replays it. */
export const grouped = (tokens: number): string =>
  String(tokens).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
