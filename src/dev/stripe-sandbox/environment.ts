/** What the environment may say to a sandbox. Its only reader of it. */

/**
 * Every sandbox of this machine notes its traffic there, if anywhere: tests set it while they run.
 */
export function recordFolder(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env.STRIPE_SANDBOX_RECORD || undefined;
}
