/** Asking a person before something is done that moves money. */
import { createInterface } from 'node:readline/promises';

/** Only the word itself is a yes. A program can't be asked: it says so beforehand, by --yes. */
export async function isConfirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new Error('This moves money and nobody can be asked here: repeat it with --yes.');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(`${question}\nType "yes" to go on: `)).trim() === 'yes';
  } finally {
    terminal.close();
  }
}
