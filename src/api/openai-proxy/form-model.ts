/** The field `model` of an upload, read as the upload passes: files are long, and are not kept. */
import type { IncomingMessage } from 'node:http';

/** A boundary, a part's headers and the name of a model are never longer. */
const WINDOW_MAX = 2_000;

/** Answers what was seen so far. */
export function watchFormModel(request: IncomingMessage): () => string | undefined {
  const type = request.headers['content-type'] ?? '';
  const [, quotedBoundary, bareBoundary] = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type) ?? [];
  const boundary = quotedBoundary ?? bareBoundary;
  let model: string | undefined;
  if (boundary === undefined) return () => model;
  const field = fieldPattern(boundary);
  let window = '\r\n';
  request.on('data', (chunk: Buffer) => {
    if (model !== undefined) return;
    window += chunk.toString('latin1');
    const fieldValue = field.exec(window)?.[1];
    if (fieldValue !== undefined) model = Buffer.from(fieldValue, 'latin1').toString('utf8');
    window = window.slice(-WINDOW_MAX);
  });
  return () => model;
}

/** A field reaches from boundary to boundary, which no file contains. */
function fieldPattern(boundary: string): RegExp {
  const edge = `\\r\\n--${boundary.replace(/[^\w]/g, '\\$&')}`;
  const header = '(?:[^\\r\\n]+\\r\\n)*';
  const name = 'content-disposition:[^\\r\\n]*[; ]name="?model"?(?:;[^\\r\\n]*)?\\r\\n';
  return new RegExp(`${edge}\\r\\n${header}${name}${header}\\r\\n([^\\r\\n]{1,200})${edge}`, 'i');
}
