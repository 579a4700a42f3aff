/** Bodies that are being read have little room together, an owner a part of it, and no time. */
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { createBoundedReader } from '../../../src/api/limits/bounded-body';

const BOUNDS = { bytesMax: 10, secondsMax: 60, allBytesMax: 20, ownerBytesMax: 12 };

/** A body that is sent by and by. */
function aBody(headers: Record<string, string> = {}) {
  const stream = new PassThrough();
  const request = Object.assign(stream, { headers }) as unknown as IncomingMessage;
  return { stream, request };
}
const written = (stream: PassThrough, text: string) =>
  new Promise<void>((resolve) => {
    stream.write(text, () => setImmediate(resolve));
  });

test('a body within the limits is read whole', async () => {
  const read = createBoundedReader(BOUNDS);
  const { stream, request } = aBody();
  const body = read(request, 'ada');
  stream.write('hello');
  stream.end('12345');
  expect(String(await body)).toBe('hello12345');
});

test('one that says that it is too large is told so before a byte of it is read', async () => {
  const read = createBoundedReader(BOUNDS);
  const { stream, request } = aBody({ 'content-length': '11' });
  await expect(read(request, 'ada')).rejects.toThrow('11 bytes');
  expect(stream.listenerCount('data')).toBe(0);
});

test('one that turns out too large is read no further', async () => {
  const read = createBoundedReader(BOUNDS);
  const { stream, request } = aBody();
  const body = read(request, 'ada');
  stream.write('x'.repeat(11));
  await expect(body).rejects.toMatchObject({ code: 'payload_too_large' });
  expect(stream.isPaused()).toBe(true);
});

test('an owner has a part of the room, and what it has ended is free again', async () => {
  const read = createBoundedReader(BOUNDS);
  const [first, second, other] = [aBody(), aBody(), aBody()];
  const bodies = [read(first.request, 'ada'), read(second.request, 'ada')];
  const otherBody = read(other.request, 'bo');
  await written(first.stream, 'x'.repeat(10));
  await written(second.stream, 'xx');
  second.stream.write('x');
  await expect(bodies[1]).rejects.toMatchObject({ code: 'too_many_requests' });
  other.stream.end('x'.repeat(10));
  expect(await otherBody).toHaveLength(10);
  first.stream.end();
  expect(await bodies[0]).toHaveLength(10);
  const third = aBody();
  const thirdBody = read(third.request, 'ada');
  third.stream.end('x'.repeat(10));
  expect(await thirdBody).toHaveLength(10);
});

test('all have so much together', async () => {
  const read = createBoundedReader(BOUNDS);
  const bodies = ['ada', 'bo', 'cy'].map((owner) => ({ owner, ...aBody() }));
  const reading = bodies.map(({ request, owner }) => read(request, owner));
  await written(bodies[0]?.stream as PassThrough, 'x'.repeat(10));
  await written(bodies[1]?.stream as PassThrough, 'x'.repeat(10));
  bodies[2]?.stream.write('x');
  await expect(reading[2]).rejects.toMatchObject({ code: 'too_many_requests' });
  for (const { stream } of bodies) stream.end();
  expect(await Promise.all(reading.slice(0, 2))).toHaveLength(2);
});

test('one whose sender is gone, or whose time is over, is let go', async () => {
  const read = createBoundedReader(BOUNDS);
  const broken = aBody();
  const body = read(broken.request, 'ada');
  await written(broken.stream, 'x'.repeat(10));
  broken.stream.destroy();
  await expect(body).rejects.toMatchObject({ code: 'invalid_request' });
  const hurried = createBoundedReader({ ...BOUNDS, secondsMax: 0 });
  await expect(hurried(aBody().request, 'ada')).rejects.toThrow('0 seconds were over');
});
