/** The model of an upload is found as it passes, and is the one that every provider reads. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { readUpload } from '../../../../src/api/proxy/request/form-model';

const FILE = (content: string, filename = 'a.wav') =>
  `Content-Disposition: form-data; name="file"; filename="${filename}"\r\n` +
  `Content-Type: audio/wav\r\n\r\n${content}`;
const MODEL = (name: string) => `Content-Disposition: form-data; name="model"\r\n\r\n${name}`;
const noise = randomBytes(200_000).toString('latin1');

const textOf = (parts: readonly string[], boundary: string) =>
  `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`;

function uploadOf(text: string, type: string, chunkBytes: number) {
  const bytes = Buffer.from(text, 'latin1');
  const chunks = function* () {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  };
  const request = Readable.from(chunks()) as unknown as IncomingMessage;
  request.headers = { 'content-type': type };
  return request;
}

/** What passed, and the model; or why it did not pass whole. */
async function read(text: string, type = 'multipart/form-data; boundary=b', chunkBytes = 64) {
  let passed = '';
  try {
    const upload = readUpload(uploadOf(text, type, chunkBytes));
    for await (const chunk of upload.body) passed += (chunk as Buffer).toString('latin1');
    return { passed, model: upload.model() };
  } catch (error) {
    return { passed, fault: (error as Error).message };
  }
}

test.each([
  ['before the file', [MODEL('whisper'), FILE(noise)]],
  ['after the file', [FILE(noise), MODEL('whisper')]],
  ['with more headers', [FILE('x'), `Content-Type: text/plain\r\n${MODEL('whisper')}`]],
  [
    'and not one that a file pretends',
    [FILE(`\r\n--c\r\n${MODEL('cheap')}\r\n--c`), MODEL('whisper')],
  ],
])('%s', async (_where, parts) => {
  const boundary = "x-(1)+b'";
  const text = textOf(parts, boundary);
  for (const chunkBytes of [7, 1_000, 65_536])
    if (chunkBytes > 7 || text.length < 1_000)
      expect(await read(text, `multipart/form-data; boundary="${boundary}"`, chunkBytes)).toEqual({
        passed: text,
        model: 'whisper',
      });
});

test('an upload without one has none', async () => {
  expect(await read(textOf([FILE(noise)], 'b'), undefined, 1_000)).not.toHaveProperty('fault');
});

test('a name in quotes ends where the quotes do, as the provider reads it', async () => {
  const disguised = FILE('cheap', 'a; name=model; b');
  expect(await read(textOf([disguised, MODEL('whisper')], 'b'))).toMatchObject({
    model: 'whisper',
  });
  const plain = 'content-disposition: form-data; name=model\r\n\r\nwhisper';
  expect(await read(textOf([plain], 'b'), undefined, 3)).toMatchObject({ model: 'whisper' });
});

const DISPOSITION = 'Content-Disposition: form-data';
const named = (parameters: string) => `${DISPOSITION}; ${parameters}\r\n\r\ncheap`;
const OTHER: [string, string][] = [
  ['two of them', textOf([MODEL('cheap'), MODEL('dear')], 'b')],
  ['two of them, a file between', textOf([MODEL('a'), FILE(noise), MODEL('b')], 'b')],
  ['two lines', textOf([MODEL('a\r\nb')], 'b')],
  ['a long line', textOf([MODEL('x'.repeat(5_000))], 'b')],
  ['nothing', textOf([MODEL('')], 'b')],
  ['a zero character', textOf([MODEL('a\0')], 'b')],
  ['half a character', textOf([MODEL('\xff')], 'b')],
  ['a file', textOf([named('name="model"; filename="m"')], 'b')],
  ['another case', textOf([named('name="Model"')], 'b')],
  ['an escape', textOf([named('name="mod\\"el"')], 'b')],
  ['per cent', textOf([named('name="mod%65l"')], 'b')],
  ['a name with a character set', textOf([named("name*=utf-8''model")], 'b')],
  ['two names', textOf([named('name="file"; name="model"')], 'b')],
  ['no name', textOf(['Content-Type: text/plain\r\n\r\ncheap'], 'b')],
  ['two dispositions', textOf([`${DISPOSITION}; name="file"\r\n${MODEL('cheap')}`], 'b')],
  ['a folded header', textOf([`${DISPOSITION};\r\n name="model"\r\n\r\ncheap`], 'b')],
  ['Base64', textOf([`Content-Transfer-Encoding: base64\r\n${MODEL('Y2hlYXA=')}`], 'b')],
  ['UTF-16', textOf([`Content-Type: text/plain; charset=utf-16\r\n${MODEL('cheap')}`], 'b')],
  ['line feeds for line ends', textOf([FILE('x'), MODEL('a')], 'b').replaceAll('\r\n', '\n')],
  ['a boundary after half a line end', textOf([FILE(`x\n--b\n${named('name=model')}`)], 'b')],
  ['the same behind a long line', textOf([FILE(`${'x'.repeat(9_000)}\n--b\n`), MODEL('a')], 'b')],
  ['a line that begins like a boundary', textOf([FILE('x\r\n--bc\r\n'), MODEL('a')], 'b')],
  ['more after the end', textOf([MODEL('a')], 'b') + textOf([MODEL('b')], 'b')],
  ['something before the beginning', `x\r\n${textOf([MODEL('a')], 'b')}`],
  ['no end', textOf([MODEL('a')], 'b').replace('--b--\r\n', '')],
];

test.each(OTHER)('a model of %s is refused before the upload’s end has passed', async (_, text) => {
  for (const chunkBytes of [1, 64, 65_536]) {
    const { passed, fault } = await read(text, undefined, chunkBytes);
    expect(fault).toMatch(/can't be metered: /);
    expect(passed.length).toBeLessThanOrEqual(text.length);
  }
});

test.each([
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'multipart/form-data; boundary=a; boundary=b',
  'multipart/form-data; boundary="a\\"b"',
  "multipart/form-data; boundary*=utf-8''b",
])('a boundary that is none is refused: %s', async (type) => {
  expect((await read(textOf([MODEL('a')], 'b'), type)).fault).toMatch(/no plain boundary/);
});

const many = (text: string, times: number) => text.repeat(times);
test.each<[string, string]>([
  [
    'edges, then headers',
    many('\r\n--a', 8_000) + '\r\n' + many('content-disposition: ;name=model\r\n', 8_000),
  ],
  ['edges only', many('\r\n--a', 100_000)],
  ['headers only', '--a\r\n' + many('content-disposition: form-data; name="model"\r\n', 50_000)],
  ['quotes', '--a\r\ncontent-disposition: ' + many('";', 200_000)],
  ['one endless line', many('x', 2_000_000)],
  ['one endless line of a file', `--a\r\n${FILE(many('\n--', 700_000))}`],
  ['carriage returns', many('\r', 1_000_000)],
])('an upload of %s is read in the time that its length takes', async (_what, text) => {
  for (const chunkBytes of [50, 65_536]) {
    const startedAt = process.cpuUsage().user;
    await read(text, 'multipart/form-data; boundary=a', chunkBytes);
    // The old reader took minutes; this leaves room for a busy machine.
    expect((process.cpuUsage().user - startedAt) / 1_000).toBeLessThan(5_000);
  }
});
