/**
 * What a terminal may be told. Names and reasons come from outside: what would move the cursor,
 * colour, hide or turn around text is shown as it is written in JSON.
 */

/** Controls of both sets but tab and line feed, and those that turn the direction of writing. */
const CONTROLS = /(?![\t\n])[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
/** Those, and every end of a line. */
const CONTROLS_AND_ENDS = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** JSON stays the same JSON. */
export const forTerminal = (text: string): string => text.replace(CONTROLS, asJson);

/** The same, where another line would look like one of ours. */
export const lineForTerminal = (text: string): string => text.replace(CONTROLS_AND_ENDS, asJson);

const asJson = (sign: string): string => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
