/** Says what keeps a spool's lines: the shape that disk and memory share. */

/** The oldest lines that were not acknowledged yet. */
export interface SpooledBatch {
  readonly lines: readonly string[];
  /** How the store finds them again: meaningless to others. */
  readonly segment: number;
  readonly bytes: number;
}

export interface SpoolStore {
  /** Says whether what was appended survives this process. */
  readonly isDurable: boolean;
  /** Bytes of lines that were not acknowledged. */
  readonly bytes: number;
  readonly events: number;
  /**
   * Takes lines of JSON without line breaks. They are written when this returns, which a killed
   * process survives, and durable when it resolves, which a power cut survives.
   */
  append(lines: readonly string[]): Promise<void>;
  oldest(eventsMax: number, bytesMax: number): SpooledBatch | undefined;
  /** Forgets them. A batch that was dropped meanwhile is none any more, and 0 is returned. */
  acknowledge(batch: SpooledBatch): number;
  /** Gives up some of the oldest lines, and returns them. */
  dropOldest(): readonly string[];
  /** Keeps lines that can never be acknowledged where an operator finds them. */
  setAside(lines: readonly string[]): void;
  close(): Promise<void>;
}

export const textOf = (lines: readonly string[]): string =>
  lines.map((line) => `${line}\n`).join('');
