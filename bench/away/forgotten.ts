/** The invoice that Stripe finalized without us: found, told, corrected, and in the end paid. */
import { createOpenExceptions } from '../../src/temporal/open-exceptions';
import type { BillingException } from '../../src/core/state/remembered';
import { ask } from '../chaos/app';
import { persist } from '../chaos/persist';
import type { Stage } from '../chaos/stage';
import { check } from '../chaos/verdict';
import type { Check } from '../chaos/verdict';
import { FORGOTTEN, FORGOTTEN_CENTS } from './month';
import { renewalsOf } from './stripes-day';

const TOLD_MS = 60_000;

async function openOf({ temporal, config }: Stage): Promise<BillingException> {
  const answer = await createOpenExceptions(temporal, config).of(FORGOTTEN);
  const found = 'exceptions' in answer ? answer.exceptions : [];
  const told = found.find(({ kind }) => kind === 'invoice_differs');
  if (!told) throw new Error(JSON.stringify(answer));
  return told;
}

export async function forgottenIsTold(stage: Stage): Promise<Check> {
  const name = 'the invoice that left by itself is found and told';
  const told = persist('an exception', () => openOf(stage), undefined, TOLD_MS);
  return told.then(
    ({ message }) => check(name, true, message),
    (error: unknown) => check(name, false, String(error)),
  );
}

/** As an operator who has read it decides: what it lacks is a line of the next invoice. */
export async function correctForgotten(stage: Stage): Promise<void> {
  const { kind, subject } = await persist('an exception', () => openOf(stage), undefined, TOLD_MS);
  await ask(stage, `/v1/customers/${FORGOTTEN}/exceptions/resolve`, {
    ...{ exception: kind, subject, resolution: 'correct' },
    reason: 'It left during the outage.',
  });
}

/** What was late for that invoice is on the next one. */
export async function forgottenIsPaid(stage: Stage): Promise<Check> {
  const invoices = await renewalsOf(stage, FORGOTTEN);
  const cents = invoices.reduce((sum, { total }) => sum + total, 0);
  const name = 'what that invoice lacked is on the next one, to the cent';
  return check(name, cents === FORGOTTEN_CENTS, `${cents} of ${FORGOTTEN_CENTS} cents`);
}
