/** Goal: a request that comes again under its key gets the answer it had, also in a later run. */
import { answerOf, withAnswer } from '../../../src/core/state/answers';
import { aState } from '../../support/builders/builders';

test('an answer is found by its request, and no other', () => {
  const state = withAnswer(aState(), 'request_1', { plan: 'pro' });
  expect(answerOf(state, 'request_1')).toEqual({ answer: { plan: 'pro' } });
  expect(answerOf(state, 'request_2')).toBeUndefined();
});

test('an answer of nothing is an answer', () => {
  expect(answerOf(withAnswer(aState(), 'request_1', null), 'request_1')).toEqual({ answer: null });
});

test('the latest twenty are remembered: the state stays small', () => {
  const requests = Array.from({ length: 25 }, (_, at) => `request_${at}`);
  const state = requests.reduce((before, one) => withAnswer(before, one, one), aState());
  expect(state.answers.map(({ request }) => request)).toEqual(requests.slice(-20));
});

test('answered again a request counts as the latest', () => {
  const state = ['a', 'b', 'a'].reduce((before, one) => withAnswer(before, one, 1), aState());
  expect(state.answers.map(({ request }) => request)).toEqual(['b', 'a']);
});
