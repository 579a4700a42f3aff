/** How Gemini answers: each event tells what was used so far, the last one thoughts, too. */
import type { Answer, Question } from './answer';

export function geminiAnswer({ model, id, words, counts, callsTool }: Question): Answer {
  const { prompt, cached, completion, thinking } = counts;
  const asked = {
    promptTokenCount: prompt,
    ...(cached > 0 && { cachedContentTokenCount: cached }),
  };
  const usage = {
    ...{ ...asked, candidatesTokenCount: completion - thinking },
    ...(thinking > 0 && { thoughtsTokenCount: thinking }),
    totalTokenCount: prompt + completion,
  };
  const soFar = (said: number) => ({
    ...{ ...asked, candidatesTokenCount: said, totalTokenCount: prompt + said },
  });
  const answer = (parts: object[], usageMetadata: object, finishReason?: string) => ({
    candidates: [{ content: { role: 'model', parts }, finishReason, index: 0 }],
    ...{ usageMetadata, modelVersion: `${model}-001`, responseId: id },
  });
  const call = { functionCall: { name: 'weather', args: { city: 'Graz' } } };
  const whole = callsTool ? [call] : [{ text: words.join('') }];
  return {
    plain: answer(whole, usage, 'STOP'),
    opening: [],
    words: callsTool
      ? [event(answer([call], soFar(1)))]
      : words.map((text, index) => event(answer([{ text }], soFar(index + 1)))),
    ending: [event(answer([{ text: '' }], usage, 'STOP'))],
  };
}

const event = (data: object) => `data: ${JSON.stringify(data)}\n\n`;
