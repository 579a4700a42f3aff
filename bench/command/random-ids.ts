/** Ids by chance, as a provider gives them. */

const ID_LENGTH = 29;

/** Ids as OpenAI gives them: random text after a word, so that no two lie beside each other. */
export function randomIds(random: () => number): () => string {
  const word = () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
  return () => `chatcmpl-${(word() + word() + word() + word()).slice(0, ID_LENGTH)}`;
}
