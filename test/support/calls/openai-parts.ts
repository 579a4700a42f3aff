/** How OpenAI and what speaks like it answer a call, as the stand-in for OpenAI has it. */
import { chatMessage, chatUsage, readAsked, responseObject } from '../openai/openai-answers';
import type { Asked, Counts } from '../openai/openai-answers';
import { chatEvents, responseEvents } from '../openai/openai-streams';
import type { Answer, Question } from './answer';

export function chatAnswer({ body, model, id, words, counts }: Question): Answer {
  const asked = readAsked('/chat/completions', body);
  const about = aboutOf(id && `chatcmpl-${id}`, model);
  const events = chatEvents(asked, about, words, counts);
  return {
    plain: chatCompletion(asked, about, words, counts),
    // The usage, if it was asked for, and the end follow the last text.
    ...partsOf(events, 1, events.some((event) => event.includes('prompt_tokens')) ? 3 : 2),
  };
}

export function responsesAnswer({ body, model, id, words, counts, callsTool }: Question): Answer {
  const asked = readAsked('/responses', body);
  const about = aboutOf(id && `resp_${id}`, model);
  return {
    plain: responseObject(asked, about, words, counts),
    ...partsOf(responseEvents(asked, about, words, counts), callsTool ? 2 : 3, 1),
  };
}

type About = ReturnType<typeof aboutOf>;

/** Without an id JSON has none. */
const aboutOf = (id: string | undefined, model: string) => ({
  ...{ id: id as string, model: `${model}-2026-01-01`, createdAt: Math.floor(Date.now() / 1000) },
});

function chatCompletion(asked: Asked, about: About, words: readonly string[], counts: Counts) {
  const message = chatMessage(asked, words);
  const finish_reason = message.content === null ? 'tool_calls' : 'stop';
  return {
    ...{ id: about.id, object: 'chat.completion', created: about.createdAt, model: about.model },
    ...{ choices: [{ index: 0, message, finish_reason, logprobs: null }] },
    usage: chatUsage(counts),
  };
}

const partsOf = (events: readonly string[], opening: number, ending: number) => ({
  opening: events.slice(0, opening),
  words: events.slice(opening, -ending),
  ending: events.slice(-ending),
});
