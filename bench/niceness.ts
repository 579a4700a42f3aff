/**
 * Less of the processor for a process with a session of its own. Linux shares the processor between
 * sessions first, and what `nice` says counts only within one (sched(7), autogroup).
 */
import { writeFile } from 'node:fs/promises';

/** Begins a command so that all of its threads have it: what is set later is for one. */
export const nice = (niceness: number): readonly string[] => ['nice', '-n', String(niceness)];

/** `niceness`: 19 has what all others leave. Nothing is done where sessions are not shared by. */
export async function setSessionNiceness(pid: number, niceness: number): Promise<void> {
  await writeFile(`/proc/${pid}/autogroup`, String(niceness)).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    },
  );
}
