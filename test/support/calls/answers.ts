/** How each provider of the matrix answers a call. */
import type { Answer, Question } from './answer';
import type { Provider } from './matrix';
import { bedrockAnswer } from './bedrock-parts';
import { geminiAnswer } from './gemini-parts';
import { messagesAnswer } from './messages-parts';
import { chatAnswer, responsesAnswer } from './openai-parts';

const ANSWERS: Readonly<Record<Provider, (question: Question) => Answer>> = {
  chat: chatAnswer,
  compatible: chatAnswer,
  responses: responsesAnswer,
  messages: messagesAnswer,
  gemini: geminiAnswer,
  bedrock: bedrockAnswer,
};

export const answerOf = (provider: Provider, question: Question): Answer =>
  ANSWERS[provider](question);
