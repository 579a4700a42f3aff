/**
 * Changing one member of a JSON object in its text: whatever else is in it stays to the digit, also
 * numbers that no JavaScript number is.
 */

/** The text with the value of the member, which must be there, replaced by another JSON text. */
export function withMember(text: string, wantedName: string, value: string): string {
  let level = 0;
  let awaitsName = false;
  let name: string | undefined;
  let start = 0;
  let place: readonly [number, number] | undefined;
  const close = (end: number): void => {
    if (level !== 1) return;
    // The last one counts, as it does for `JSON.parse`.
    if (name === wantedName) place = [start, end];
    name = undefined;
  };
  for (let index = 0; index < text.length; index += 1) {
    const sign = text[index];
    if (sign === '"') {
      const end = endOfString(text, index);
      if (level === 1 && awaitsName) {
        name = JSON.parse(text.slice(index, end + 1)) as string;
        start = text.indexOf(':', end) + 1;
        awaitsName = false;
      }
      index = end;
    } else if (sign === '{' || sign === '[') {
      level += 1;
      awaitsName = level === 1;
    } else if (sign === '}' || sign === ']') {
      close(index);
      level -= 1;
    } else if (sign === ',' && level === 1) {
      close(index);
      awaitsName = true;
    }
  }
  return place === undefined ? text : text.slice(0, place[0]) + value + text.slice(place[1]);
}

/** Where the string that begins at `start` has its last quote. `text` is valid JSON. */
export function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text[end - 1 - escapes] === '\\') escapes += 1;
    if (escapes % 2 === 0) return end;
  }
}
