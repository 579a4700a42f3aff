/**
 * Answers to requests that may come again under the same key. Temporal tells a repeated update by
 * its id within one run only; these outlive the run.
 */
import type { BillingState } from './billing-state';

const REMEMBERED_MAX = 20;

export function answerOf<Answer>(
  state: BillingState,
  request: string,
): { readonly answer: Answer } | undefined {
  const entry = state.answers.find((one) => one.request === request);
  return entry && { answer: entry.answer as Answer };
}

export function withAnswer(state: BillingState, request: string, answer: unknown): BillingState {
  const others = state.answers.filter((one) => one.request !== request);
  return { ...state, answers: [...others, { request, answer }].slice(-REMEMBERED_MAX) };
}
