/** `tollkeeper doctor`: what is wrong with an installation and its customers, in one list. */
import { createServices } from '../../processes/services';
import type { Services } from '../../processes/services';
import { operatorConfig } from '../operator/operator-config';
import { print } from '../operator/operator';
import type { OutputOptions } from '../operator/operator';
import { stripeChecks } from './at-stripe';
import { customerChecks } from './customers';
import { lookAt } from './finding';
import type { Check, Finding } from './finding';
import { databaseChecks } from './database';
import { temporalAnswers, temporalChecks } from './temporal';

export interface Examination {
  readonly ok: boolean;
  /** How many things were looked at. */
  readonly checks: number;
  /** Critical ones come first. */
  readonly findings: readonly Finding[];
}

export type DoctorDeps = Pick<Services, 'pool' | 'stripe' | 'temporal' | 'catalog'> & {
  readonly publicUrl?: string;
};

export async function doctor(options: OutputOptions): Promise<void> {
  const config = await operatorConfig();
  const services = await createServices(config);
  try {
    const progress = options.json ? undefined : (name: string) => console.error(`· ${name}`);
    const result = await examine({ ...services, publicUrl: config.PUBLIC_URL }, progress);
    print(result, examinationText, options);
    if (!result.ok) process.exitCode = 1;
  } finally {
    await services.close();
  }
}

/** One after the other: an ailing installation is not asked for everything at once. */
export async function examine(
  deps: DoctorDeps,
  progress: (check: string) => void = () => undefined,
): Promise<Examination> {
  const first = temporalAnswers(deps.temporal);
  progress(first.name);
  const findings: Finding[] = [...(await lookAt(first))];
  const isTemporalThere = findings.length === 0;
  const checks: Check[] = [
    ...databaseChecks(deps.pool),
    ...(isTemporalThere ? temporalChecks(deps.temporal) : []),
    ...stripeChecks(deps.stripe, deps.catalog, deps.publicUrl),
    ...customerChecks(deps).filter(({ needsTemporal }) => isTemporalThere || !needsTemporal),
  ];
  for (const check of checks) {
    progress(check.name);
    findings.push(...(await lookAt(check)));
  }
  const rank = ({ severity }: Finding) => (severity === 'critical' ? 0 : 1);
  findings.sort((a, b) => rank(a) - rank(b));
  return { ok: findings.length === 0, checks: checks.length + 1, findings };
}

export function examinationText({ checks, findings }: Examination): string {
  if (findings.length === 0) return `${checks} checks: nothing is wrong.`;
  const texts = findings.map(
    ({ severity, of, what, remedy }) => `${severity.toUpperCase()} ${of}: ${what}\n  → ${remedy}`,
  );
  const count = findings.length === 1 ? '1 finding' : `${findings.length} findings`;
  return [...texts, `${checks} checks: ${count}.`].join('\n\n');
}
