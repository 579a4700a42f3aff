/**
 * The field `model` of an upload, read as the upload passes: files are long, and are not kept. It
 * is read line by line, each byte once: what a caller sends can make it long, and never slow. An
 * upload that a provider could read otherwise fails before its end has passed.
 */
import type { IncomingMessage } from 'node:http';
import { pipeline, Transform } from 'node:stream';
import type { Readable } from 'node:stream';
import { isStorable } from '../../../core/text';
import { createPartHeaders } from './form-parts';
import type { PartHeaders } from './form-parts';
import { UnreadableBody } from './request-json';

/** A boundary, a header and the name of a model are never longer. */
const LINE_MAX = 2_000;
const MODEL_MAX = 200;
const LINE_END = '\r\n';
/** No boundary, header or name of a model is such a line: it only has to be none of them. */
const LONG_LINE = '\0';
/** RFC 2046 has these signs, and no more of them. */
const BOUNDARY = /;\s*boundary=(?:"([\w'()+,./:=? -]{1,70})"|([\w'+.-]{1,70}))\s*(?:;|$)/i;

export interface Upload {
  /** What came; it fails with an `UnreadableBody`. */
  readonly body: Readable;
  /** Once the body has ended. */
  model(): string | undefined;
}

/** Throws `UnreadableBody`. */
export function readUpload(request: IncomingMessage): Upload {
  const edge = `--${boundaryIn(request.headers['content-type'] ?? '')}`;
  const form = readForm(edge);
  const lines = splitLines(form.take);
  const look = watchHalfEnds(edge);
  const body = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      const text = chunk.toString('latin1');
      const fault = faultIn(() => {
        look(text);
        lines.add(text);
      });
      done(fault, chunk);
    },
    flush: (done) => {
      const fault = faultIn(() => {
        lines.end();
        form.end();
      });
      done(fault);
    },
  });
  pipeline(request, body, () => undefined);
  return { body, model: form.model };
}

function faultIn(read: () => void): Error | null {
  try {
    read();
    return null;
  } catch (fault) {
    return fault as Error;
  }
}

function boundaryIn(type: string): string {
  const [, quotedBoundary, bareBoundary] = BOUNDARY.exec(type) ?? [];
  const boundary = quotedBoundary ?? bareBoundary;
  if (boundary === undefined || (type.match(/boundary/gi)?.length ?? 0) > 1)
    throw new UnreadableBody('its Content-Type has no plain boundary');
  return boundary;
}

/** Hands on each line without its end; of one that is too long, only that it was there. */
function splitLines(take: (line: string) => void) {
  let rest = '';
  let isLong = false;
  return {
    add: (text: string): void => {
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
    },
    end: (): void => take(isLong ? LONG_LINE : rest),
  };
}

/** Some readers take half of a line's end for it: a boundary after one is a boundary to them. */
function watchHalfEnds(edge: string): (text: string) => void {
  let tail = '';
  return (text) => {
    const all = tail + text;
    for (const half of ['\n', '\r'])
      for (let at = all.indexOf(half + edge); at >= 0; at = all.indexOf(half + edge, at + 1))
        if (at + edge.length >= tail.length && (half === '\r' || all[at - 1] !== '\r'))
          throw new UnreadableBody('its lines end in two ways');
    tail = all.slice(-edge.length - 1);
  };
}

/** A field reaches from boundary to boundary, which no file contains. */
function readForm(edge: string) {
  let place: 'before' | 'headers' | 'content' | 'after' = 'before';
  let headers: PartHeaders = createPartHeaders();
  let isModel = false;
  /** The lines of the model so far: it has one. */
  let lines: string[] = [];
  let model: string | undefined;

  function takeEdge(line: string): void {
    if (line !== edge && line !== `${edge}--`)
      throw new UnreadableBody('a line of it begins like its boundary');
    if (place === 'after' || place === 'headers')
      throw new UnreadableBody('it has a boundary where none can be');
    if (isModel) model = modelIn(lines);
    [place, isModel, lines] = [line === edge ? 'headers' : 'after', false, []];
    headers = createPartHeaders();
  }

  function takeHeader(line: string): void {
    if (line !== '') return headers.take(line);
    place = 'content';
    isModel = headers.part().isModel;
    if (isModel && model !== undefined) throw new UnreadableBody('it has "model" twice');
  }

  function take(line: string): void {
    if (line.startsWith(edge)) return takeEdge(line);
    if (place === 'headers') return takeHeader(line);
    if (place === 'content') return void (isModel && lines.length < 2 && lines.push(line));
    if (line !== '') throw new UnreadableBody('it has more than its parts');
  }

  return {
    take,
    model: () => model,
    end: () => {
      if (place !== 'after') throw new UnreadableBody('its last boundary is missing');
    },
  };
}

function modelIn(lines: readonly string[]): string {
  const [line = ''] = lines;
  const name = Buffer.from(line, 'latin1').toString('utf8');
  const isName = lines.length === 1 && name !== '' && name.length <= MODEL_MAX;
  if (isName && isStorable(name) && !/[\p{Cc}\ufffd]/u.test(name)) return name;
  throw new UnreadableBody('its model is no name');
}
