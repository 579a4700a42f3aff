/** How our long-running commands end: by a signal, or when the stack that started them is gone. */

export async function untilStopped(): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
    process.once('SIGHUP', () => resolve());
    // Only a process of the stack has this channel.
    process.once('disconnect', () => resolve());
  });
}

/** Tells the stack, if there is one, that this process does its work from now on. */
export function sayReady(): void {
  process.send?.('ready');
}

/** A second Ctrl-C, or work that does not end: leave anyway. */
export function leaveAfter(graceMs: number): void {
  const leave = () => process.exit(1);
  process.once('SIGINT', leave);
  setTimeout(leave, graceMs).unref();
}
