/** Which apps play which cases, by the list of clients that is installed. */
import * as apps from './apps.mjs';

const all = () => true;
/**
 * Amazon's client, beta messages of 0.137, and a model that LangChain finds by name show an app an
 * event when the next has come.
 */
const isShown = ({ leftAfter }) => leftAfter === undefined;
const OPENAI = { openai: [apps.openai(), 'openai', all] };
const ANTHROPIC = {
  messages: [apps.anthropic(), 'anthropic', all],
  'beta messages': [apps.anthropic(apps.betaMessages), 'anthropic', all],
  'message streams': [apps.anthropic(apps.messageHelper), 'anthropic', all],
};
const GEMINI = {
  content: [apps.gemini(apps.content), 'gemini', all],
  chats: [apps.gemini(apps.chats), 'gemini', all],
};

/** What frameworks can't play, each with the reason. */
const NOT_SHOWN = {
  'an app that stops at finish_reason is billed for the usage that comes a moment later':
    'they do not show an app where a text ends',
  'a total alone is the prompt': 'the AI SDK refuses such an answer',
};
const NOT_OF_LANGCHAIN = {
  'tokens written to the cache are within the prompt': 'it asks Responses of this model',
  'the tier that served a call is kept': 'it does not hand the tier on',
  'a stream that is left in its middle is estimated':
    'it tells of a text when the app comes for the next: the first one is unheard',
};

const isChat = ({ name, request, contentType }) =>
  request.path === '/chat/completions' && !contentType && !(name in NOT_SHOWN);
const isOfLangchain = (answer) => isChat(answer) && !(answer.name in NOT_OF_LANGCHAIN);
const isEmbedding = ({ name, request }) => request.path === '/embeddings' && !(name in NOT_SHOWN);
/** What a framework takes of an answer is what OpenAI itself would say. */
const ofFile = (file, isPlayed) => (answer, name) => name === file && isPlayed(answer);
const VERCEL = { 'AI SDK': [apps.vercel, 'openai', ofFile('openai-chat.json', isChat)] };
const EMBEDDINGS = {
  'AI SDK embeddings': [apps.vercelEmbeddings, 'openai', ofFile('embeddings.json', isEmbedding)],
};
const LANGCHAIN = {
  LangChain: [apps.langchain(apps.chatOpenAI), 'openai', ofFile('openai-chat.json', isOfLangchain)],
  'LangChain by name': [
    apps.langchain(apps.foundModel),
    'openai',
    ofFile('openai-chat.json', (answer) => isOfLangchain(answer) && isShown(answer)),
  ],
};
const OPENROUTER = {
  OpenRouter: [apps.openrouter, 'openai', ofFile('openrouter.json', isChat)],
};

/** By name: the app, the protocol, and whether a case is played. */
export const PLAYS = {
  newest: {
    ...{ ...OPENAI, ...ANTHROPIC, ...GEMINI, ...VERCEL, ...EMBEDDINGS, ...LANGCHAIN },
    ...OPENROUTER,
    'models at Amazon': [apps.bedrock, 'anthropic', isShown],
    'models at Google': [apps.vertex, 'anthropic', all],
  },
  before: {
    ...{ ...OPENAI, ...ANTHROPIC, ...GEMINI, ...VERCEL, ...EMBEDDINGS, ...LANGCHAIN },
    'beta messages': [apps.anthropic(apps.betaMessages), 'anthropic', isShown],
  },
  older: {
    ...{ ...OPENAI, ...GEMINI, ...VERCEL },
    'openai 4': [apps.openai('openai-4'), 'openai', all],
  },
};
