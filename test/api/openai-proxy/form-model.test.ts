/** The model of an upload is found as it passes, and is the one that the provider will read. */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { watchFormModel } from '../../../src/api/openai-proxy/form-model';

const FILE = (content: string) =>
  `Content-Disposition: form-data; name="file"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n${content}`;
const MODEL = (name: string) => `Content-Disposition: form-data; name="model"\r\n\r\n${name}`;
const noise = randomBytes(200_000).toString('latin1');

async function modelIn(parts: readonly string[], boundary: string, chunkBytes: number) {
  const text = `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`;
  const bytes = Buffer.from(text, 'latin1');
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, index) =>
    bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes),
  );
  const request = Readable.from(chunks) as unknown as IncomingMessage;
  request.headers = { 'content-type': `multipart/form-data; boundary="${boundary}"` };
  const model = watchFormModel(request);
  await new Promise((ended) => request.on('end', ended));
  return model();
}

test.each([
  ['before the file', [MODEL('whisper'), FILE(noise)]],
  ['after the file', [FILE(noise), MODEL('whisper')]],
  ['with more headers', [FILE('x'), `Content-Type: text/plain\r\n${MODEL('whisper')}`]],
  [
    'and not one that a file pretends',
    [FILE(`\r\n--b\r\n${MODEL('cheap')}\r\n--b`), MODEL('whisper')],
  ],
])('%s', async (_where, parts) => {
  for (const chunkBytes of [7, 1_000, 65_536])
    if (chunkBytes > 7 || parts.join('').length < 1_000)
      expect(await modelIn(parts, 'x-(1)+b', chunkBytes)).toBe('whisper');
});

test('an upload without one has none', async () => {
  expect(await modelIn([FILE(noise)], 'b', 1_000)).toBeUndefined();
});

test('a name in quotes ends where the quotes do, as the provider reads it', async () => {
  const disguised =
    'Content-Disposition: form-data; name="file"; filename="a; name=model; b"\r\n\r\ncheap';
  expect(await modelIn([disguised, MODEL('whisper')], 'b', 1_000)).toBe('whisper');
  const plain = 'content-disposition: form-data; filename="x"; name=model\r\n\r\nwhisper';
  expect(await modelIn([plain], 'b', 3)).toBe('whisper');
});

test.each<[string, string]>([
  ['two lines', 'a\r\nb'],
  ['a long line', 'x'.repeat(5_000)],
])('a model of %s is none', async (_what, name) => {
  expect(await modelIn([MODEL(name)], 'b', 64)).toBeUndefined();
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
  ['carriage returns', many('\r', 1_000_000)],
])('an upload of %s is read in the time that its length takes', async (_what, text) => {
  for (const chunkBytes of [50, 65_536]) {
    const bytes = Buffer.from(text, 'latin1');
    const upload = Readable.from(
      (function* () {
        for (let at = 0; at < bytes.length; at += chunkBytes)
          yield bytes.subarray(at, at + chunkBytes);
      })(),
    ) as unknown as IncomingMessage;
    upload.headers = { 'content-type': 'multipart/form-data; boundary=a' };
    const startedAt = process.cpuUsage().user;
    watchFormModel(upload);
    await new Promise((ended) => upload.on('end', ended));
    // The old reader took minutes; this leaves room for a busy machine.
    expect((process.cpuUsage().user - startedAt) / 1_000).toBeLessThan(5_000);
  }
});
