/**
 * Usage that an app signals to its customer's workflow instead of sending it by HTTP. It is only
 * handed to the ledger here: counted it is when it comes back as a batch, exactly once.
 */
import { setHandler, workflowInfo } from '@temporalio/workflow';
import type { Account } from './account';
import { openException } from './account';
import { recordUsage } from './contract';
import { ledger } from './proxies';

/** One exception for all of it: the audit trail has each. */
const SUBJECT = recordUsage.name;

/** A run ends only when its handlers have, so what was signalled is in the ledger by then. */
export function handleSignalledUsage(account: Account): void {
  setHandler(recordUsage, async (message: unknown) => {
    account.signals += 1;
    const signal = `${workflowInfo().runId}:${account.signals}`;
    const { customer } = account.state;
    const events = eventsOf(message);
    const { rejected } = await ledger.ingestUsage.executeWithOptions(
      { summary: `${events.length} signalled` },
      [{ customer, signal, events, receivedAt: Date.now() }],
    );
    const [first] = rejected;
    if (!first) return;
    openException(account, {
      ...{ kind: 'usage_rejected', subject: SUBJECT },
      message:
        `${rejected.length} of ${events.length} usage events that were signalled could not be ` +
        `taken, and are in the audit trail as usage_rejected. The first: ${first.message}`,
    });
  });
}

/** Whoever may signal may send anything: what is no list is one usage event, and judged as one. */
function eventsOf(message: unknown): readonly unknown[] {
  const isList = typeof message === 'object' && message !== null && 'events' in message;
  return isList && Array.isArray(message.events) ? (message.events as unknown[]) : [message];
}
