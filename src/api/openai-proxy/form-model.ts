/**
 * The field `model` of an upload, read as the upload passes: files are long, and are not kept. It
 * is read line by line, each byte once: what a caller sends can make it long, and never slow.
 */
import type { IncomingMessage } from 'node:http';

/** A boundary, a header and the name of a model are never longer. */
const LINE_MAX = 2_000;
/** A part has fewer. */
const HEADERS_MAX = 20;
const MODEL_MAX = 200;
const LINE_END = '\r\n';
/** No boundary, header or name of a model is such a line: it only has to be none of them. */
const LONG_LINE = '\0';

/** Answers what was seen so far. */
export function watchFormModel(request: IncomingMessage): () => string | undefined {
  const type = request.headers['content-type'] ?? '';
  const [, quotedBoundary, bareBoundary] = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type) ?? [];
  const boundary = quotedBoundary ?? bareBoundary;
  if (boundary === undefined) return () => undefined;
  const form = readForm(boundary);
  const takeLines = splitLines(form.take);
  request.on('data', (chunk: Buffer) => {
    if (form.model() === undefined) takeLines(chunk.toString('latin1'));
  });
  return form.model;
}

/** Hands on each line without its end; of one that is too long, only that it was there. */
function splitLines(take: (line: string) => void): (text: string) => void {
  let rest = '';
  let isLong = false;
  return (text) => {
    // The end of a line may be in two chunks.
    let searchFrom = Math.max(0, rest.length - 1);
    let start = 0;
    const all = rest + text;
    for (;;) {
      const end = all.indexOf(LINE_END, searchFrom);
      if (end < 0) break;
      take(isLong || end - start > LINE_MAX ? LONG_LINE : all.slice(start, end));
      isLong = false;
      start = searchFrom = end + LINE_END.length;
    }
    rest = all.slice(start);
    if (rest.length <= LINE_MAX) return;
    isLong = true;
    rest = rest.slice(-1);
  };
}

/** A field reaches from boundary to boundary, which no file contains. */
function readForm(boundary: string) {
  const edge = `--${boundary}`;
  let place: 'headers' | 'content' = 'content';
  let headerCount = 0;
  let isModel = false;
  /** The lines of the field so far: a name has one. */
  let lines: string[] = [];
  let model: string | undefined;

  function takeContent(line: string): void {
    if (line !== edge && line !== `${edge}--`) {
      if (isModel && lines.length < 2) lines.push(line);
      return;
    }
    const [name = ''] = lines;
    const isName = lines.length === 1 && name !== LONG_LINE && name.length <= MODEL_MAX;
    if (isModel && isName && name !== '') model = Buffer.from(name, 'latin1').toString('utf8');
    [place, headerCount, isModel, lines] = ['headers', 0, false, []];
  }

  function takeHeader(line: string): void {
    headerCount += 1;
    if (line === '') place = 'content';
    else if (headerCount <= HEADERS_MAX && nameIn(line) === 'model') isModel = true;
    if (headerCount > HEADERS_MAX) isModel = false;
  }

  return {
    model: () => model,
    take: (line: string) => (place === 'content' ? takeContent(line) : takeHeader(line)),
  };
}

/** The `name` of a Content-Disposition; a semicolon within quotes ends nothing. */
function nameIn(header: string): string | undefined {
  const colon = header.indexOf(':');
  if (header.slice(0, colon).toLowerCase() !== 'content-disposition') return undefined;
  let isQuoted = false;
  let parameter = '';
  const parameters: string[] = [];
  for (const sign of `${header.slice(colon + 1)};`) {
    if (sign === '"') isQuoted = !isQuoted;
    if (sign === ';' && !isQuoted) {
      parameters.push(parameter.trim());
      parameter = '';
    } else parameter += sign;
  }
  const named = parameters.find((each) => each.toLowerCase().startsWith('name='));
  return named?.slice('name='.length).replaceAll('"', '');
}
