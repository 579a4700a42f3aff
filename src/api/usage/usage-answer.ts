/** Usage events into the ledger, and what became of each: the same for every way to send them. */
import { z } from 'zod';
import { DomainError } from '../../core/errors';
import type { ApiKey } from '../../db/api-keys';
import type { Intake, IntakeOutcome } from '../../ingest/intake';
import type { ApiMetrics } from '../../metrics/api-metrics';
import type { SentEvent } from './usage-body';

export const usageAnswerSchema = z
  .object({
    accepted: z.number().int().meta({ description: 'Recorded by this request' }),
    duplicates: z.number().int().meta({ description: 'Recorded before, and not counted again' }),
    rejected: z.number().int().meta({ description: 'Not recorded' }),
    results: z.array(
      z.object({
        index: z.number().int().meta({ description: 'Its place in the request, from 0' }),
        id: z.string().nullable().meta({ description: 'As it was sent; null: it has none' }),
        status: z.enum(['accepted', 'duplicate', 'rejected']),
        code: z.string().optional().meta({
          description: 'Of a rejected one: the code of its problem',
          example: 'customer_not_found',
        }),
        message: z.string().optional().meta({ description: 'Of a rejected one: for people' }),
      }),
    ),
  })
  .meta({ id: 'UsageAnswer' });

export type UsageAnswer = z.infer<typeof usageAnswerSchema>;

export interface TakenUsage {
  readonly answer: UsageAnswer;
  readonly outcomes: readonly IntakeOutcome[];
}

/** Whose usage may be sent: of one customer, or null for everybody's. */
type Issued = Pick<ApiKey, 'id' | 'name' | 'customer'>;

/**
 * Resolves once every good usage event is durable; a bad one rejects only itself. So does one of
 * another customer than the key is bound to, before anything is looked up.
 */
export async function takeUsageEvents(
  { intake, metrics }: { readonly intake: Intake; readonly metrics: ApiMetrics },
  receivedEvents: readonly SentEvent[],
  key: Issued,
): Promise<TakenUsage> {
  const sentEvents =
    key.customer === null
      ? receivedEvents
      : receivedEvents.map(({ id, event }) => ({ id, event: ownEvent(event, key) }));
  const outcomes = await intake(
    sentEvents.map(({ event }) => event),
    { owner: key.id },
  );
  const answer = answerOf(sentEvents, outcomes);
  metrics.countUsageEvents('accepted', answer.accepted);
  metrics.countUsageEvents('duplicate', answer.duplicates);
  metrics.countUsageEvents('rejected', answer.rejected);
  metrics.countEstimated(newEstimates(sentEvents, outcomes));
  return { answer, outcomes };
}

/** The meters of SDK and proxy mark them so. */
const newEstimates = (
  sentEvents: readonly SentEvent[],
  outcomes: readonly IntakeOutcome[],
): number =>
  sentEvents.filter(({ event }, index) => {
    if (event instanceof DomainError || outcomes[index] !== 'accepted') return false;
    return event.metadata?.estimated === 'true';
  }).length;

/** One of another customer than the key is bound to is replaced by a refusal. */
export function ownEvent(
  event: SentEvent['event'],
  { name, customer }: Issued,
): SentEvent['event'] {
  const isOwn = customer === null || event instanceof DomainError || event.customer === customer;
  if (isOwn) return event;
  return new DomainError(
    'customer_forbidden',
    `The API key "${name}" is bound to the customer ${JSON.stringify(customer)} and records ` +
      `no usage of ${JSON.stringify(event.customer)}.`,
  );
}

function answerOf(
  sentEvents: readonly SentEvent[],
  outcomes: readonly IntakeOutcome[],
): UsageAnswer {
  const counts = { accepted: 0, duplicates: 0, rejected: 0 };
  const results = outcomes.map((outcome, index): UsageAnswer['results'][number] => {
    const id = sentEvents[index]?.id ?? null;
    if (outcome instanceof DomainError) {
      counts.rejected += 1;
      return { index, id, status: 'rejected', code: outcome.code, message: outcome.message };
    }
    counts[outcome === 'accepted' ? 'accepted' : 'duplicates'] += 1;
    return { index, id, status: outcome };
  });
  return { ...counts, results };
}
