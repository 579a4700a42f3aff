/** A reading that several metrics share: one scrape asks for all of them at once. */

export function atMostEvery<T>(ms: number, read: () => Promise<T>): () => Promise<T> {
  let reading: { readonly at: number; readonly value: Promise<T> } | undefined;
  return () => {
    if (!reading || Date.now() - reading.at > ms) reading = { at: Date.now(), value: read() };
    return reading.value;
  };
}
