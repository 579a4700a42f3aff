/** What the environment may say to a sandbox. Its only reader of it. */

/** Where every sandbox of this machine notes its traffic, if anywhere: set while tests run. */
export function recordFolder(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env.STRIPE_SANDBOX_RECORD || undefined;
}
