/** Options that many commands have, in the same words for each. */

export const JSON_OPTION = ['--json', 'print one JSON object'] as const;
export const YES_OPTION = [
  '--yes',
  'do it without asking; what is done is told all the same',
] as const;

export interface Json {
  readonly json?: boolean;
}
