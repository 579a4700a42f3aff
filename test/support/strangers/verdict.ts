/** What is wrong with an answer: something of ours broke, or the document does not tell of it. */
import type { DocumentedOperation, ServedDocument } from '../api/documented-operations';
import { operationsOf } from '../api/documented-operations';
import type { Attack, AttackAnswer } from './attack';

/** What is answered beside the document, by what was tried. */
const BESIDE: Readonly<Record<string, readonly number[]>> = {
  webhook: [200, 400, 413, 415, 422],
  page: [200, 303, 403, 404, 429],
  models: [200, 400, 401, 403, 404, 405, 413, 415, 422, 429],
};
/** Node answers these itself, without a body: what it can't read, and what it can't expect. */
const OF_NODE = [400, 417, 431];
const ALWAYS = ['not_found', 'method_not_allowed', 'invalid_request'];

interface ProblemSchema {
  readonly allOf?: readonly {
    readonly properties?: { readonly code?: { readonly enum?: unknown[] } };
  }[];
}

/** undefined: all is well. */
export function createJudge(document: ServedDocument) {
  const operations = operationsOf(document).map((operation) => ({
    operation,
    pattern: new RegExp(`^${operation.path.replace(/\{\w+\}/g, '[^/]+')}/?$`),
  }));

  return (attack: Attack, { status, contentType, text }: AttackAnswer): string | undefined => {
    if (status === 0) return 'the connection ended without an answer';
    if (status >= 500) return `${status} ${codeIn(text)}`;
    if (OF_NODE.includes(status) && contentType === '') return undefined;
    const beside = BESIDE[attack.kind.split(' ')[0] ?? ''];
    if (beside) return beside.includes(status) ? undefined : `${status}, which is not documented`;
    const path = attack.path.split(/[?#]/)[0] ?? '';
    const found = operations.find(
      ({ operation, pattern }) => operation.method === attack.method && pattern.test(path),
    );
    return found ? asDocumented(found.operation, status, text) : asNothing(status, text);
  };
}

function asDocumented({ operation }: DocumentedOperation, status: number, text: string) {
  const answer = operation.responses[String(status)];
  if (!answer) return `${status} ${codeIn(text)}, which is not documented`;
  const problem = answer.content?.['application/problem+json'];
  if (!problem) return undefined;
  const codes = ((problem.schema as ProblemSchema).allOf ?? []).flatMap(
    ({ properties }) => properties?.code?.enum ?? [],
  );
  const code = codeIn(text);
  return codes.includes(code) ? undefined : `${status} with the code ${code}, not documented`;
}

/** Pages and files are there, too, for whoever finds them. */
function asNothing(status: number, text: string): string | undefined {
  const isHere = status < 400 || [401, 403].includes(status);
  return isHere || ALWAYS.includes(codeIn(text)) || text === ''
    ? undefined
    : `${status} ${codeIn(text)} where nothing is`;
}

function codeIn(text: string): string {
  try {
    return String((JSON.parse(text) as { code?: unknown }).code);
  } catch {
    return text.slice(0, 60);
  }
}
