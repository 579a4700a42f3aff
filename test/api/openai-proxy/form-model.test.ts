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
