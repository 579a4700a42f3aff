/** The stack's ports: as wished by the environment, else as last time, else any free ones. */
import type { DevEnvironment } from './environment';
import { freePort, isFree } from './free-port';

/** Each has the variable that sets it. */
export const PORT_VARIABLES = {
  api: 'PORT',
  postgres: 'POSTGRES_PORT',
  temporal: 'TEMPORAL_PORT',
  temporalUi: 'TEMPORAL_UI_PORT',
  stripeSandbox: 'STRIPE_SANDBOX_PORT',
  smtp: 'SMTP_PORT',
  mail: 'MAIL_PORT',
} as const;

export type StackPorts = Readonly<Record<keyof typeof PORT_VARIABLES, number>>;

export async function choosePorts(
  environment: DevEnvironment,
  lastTime: Partial<StackPorts>,
): Promise<StackPorts> {
  const chosenPorts = new Map<string, number>();
  for (const [name, variable] of Object.entries(PORT_VARIABLES)) {
    const wishedPort = environment.port(variable);
    if (wishedPort !== undefined && !(await isFree(wishedPort))) {
      throw new Error(
        `${variable} is ${wishedPort}, but another program uses that port: set another one or unset it.`,
      );
    }
    let port = wishedPort ?? (await freePort(lastTime[name as keyof StackPorts]));
    // The system may offer the same free port twice.
    while ([...chosenPorts.values()].includes(port)) port = await freePort();
    chosenPorts.set(name, port);
  }
  return Object.fromEntries(chosenPorts) as StackPorts;
}
