/** `tollkeeper openapi`: the API's description, for machines as JSON or for people as Markdown. */
import { openApiDocument } from '../../api/openapi';
import type { Reference } from './openapi-document';
import { referenceText } from './openapi-markdown';

export function openapi({ markdown }: { readonly markdown?: boolean }): void {
  if (markdown) process.stdout.write(apiReference());
  else console.log(JSON.stringify(openApiDocument(), null, 2));
}

/** `docs/reference/api.md` is this, to the letter. The document is taken as it is served. */
export const apiReference = (): string =>
  referenceText(JSON.parse(JSON.stringify(openApiDocument())) as Reference);
