/** Stands for a rate where a correction is of no rate: of a base price, or of somebody's line. */
export const CORRECTION = 'correction';
