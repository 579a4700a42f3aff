/** What an app of the matrix has begun, heard of and finished in one of its lives. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';

const CHUNK_BYTES = 65_536;

export class Journal {
  readonly began = new Set<number>();
  /** The first event of their stream has come. */
  readonly heard = new Set<number>();
  readonly finished = new Set<number>();
  /** With what the client said. */
  readonly failed: string[] = [];
  /** What the SDK told the app, by code. */
  readonly errors: string[] = [];
  private readBytes = 0;
  private rest = '';

  constructor(readonly path: string) {}

  /** It is up to date then. */
  read(): this {
    if (!existsSync(this.path)) return this;
    const file = openSync(this.path, 'r');
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (;;) {
      const bytes = readSync(file, chunk, 0, CHUNK_BYTES, this.readBytes);
      if (bytes === 0) break;
      this.readBytes += bytes;
      this.rest += chunk.toString('utf8', 0, bytes);
    }
    closeSync(file);
    const lines = this.rest.split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.take(line);
    return this;
  }

  private take(line: string): void {
    const [word, what, ...more] = line.split(' ');
    if (word === 'began') this.began.add(Number(what));
    if (word === 'heard') this.heard.add(Number(what));
    if (word === 'finished') this.finished.add(Number(what));
    if (word === 'failed') this.failed.push([what, ...more].join(' '));
    if (word === 'error') this.errors.push(String(what));
  }
}
