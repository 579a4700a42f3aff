/** Why a command failed, as it is told on standard error. */
import { ConfigError } from '../../config';
import { CommandRefused } from './refused';
import { DomainError } from '../../core/errors';
import { classifyStripeError } from '../../stripe/errors';

/** What the user can mend needs no stack trace; what is our fault does. */
export function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return explanationOf(error) ?? error.stack ?? error.message;
}

function explanationOf(error: Error): string | undefined {
  const isOurs = error instanceof ConfigError || error instanceof CommandRefused;
  if (isOurs || error instanceof DomainError) return error.message;
  const atStripe = classifyStripeError(error);
  if (atStripe?.kind === 'connection')
    return `Stripe can't be reached (STRIPE_API_BASE, or the network): ${atStripe.summary}.`;
  if (atStripe?.kind === 'auth')
    return `Stripe refuses the key (STRIPE_SECRET_KEY): ${atStripe.summary}.`;
  if (atStripe) return `Stripe refused it: ${atStripe.summary}.`;
  const { code } = error as { readonly code?: unknown };
  if (isTemporal(error)) return `Temporal can't be reached (TEMPORAL_ADDRESS): ${causeOf(error)}.`;
  if (typeof code === 'string' && UNREACHABLE.test(code))
    return `Postgres can't be reached (DATABASE_URL): ${error.message || code}.`;
  if (typeof code === 'string' && NOT_LET_IN.test(code))
    return `Postgres does not let us in (DATABASE_URL): ${error.message}.`;
  if (code === NO_TABLE)
    return `The database lacks a table: run tollkeeper migrate. (${error.message})`;
  // A workflow of ours that failed says why in its cause.
  if (error.name === 'WorkflowFailedError') return `${error.message}: ${causeOf(error)}`;
  return undefined;
}

/** Error codes of the system, and of Postgres while it starts or ends. */
const UNREACHABLE = /^(ECONN\w+|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|57P0[123])$/;
/** The password is wrong, or there is no such role or database. */
const NOT_LET_IN = /^(28\w{3}|3D000)$/;
const NO_TABLE = '42P01';

/** The name tells it: its package is large, and a command that failed need not load it. */
const isTemporal = ({ name, message }: Error): boolean =>
  name === 'ServiceError' ||
  name === 'TransportError' ||
  /DEADLINE_EXCEEDED|UNAVAILABLE/.test(message);

const causeOf = ({ cause, message }: Error): string =>
  cause instanceof Error ? cause.message : message;
