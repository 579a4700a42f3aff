/** What a command refuses or can't go on with, in a sentence for whoever typed it. */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused';
}
