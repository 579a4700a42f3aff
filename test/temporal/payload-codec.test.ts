/** Goal: what Temporal keeps is read by whoever has the key, and by nobody else. */
import { randomBytes } from 'node:crypto';
import { defaultPayloadConverter } from '@temporalio/common';
import type { Payload } from '@temporalio/common';
import fc from 'fast-check';
import { createPayloadCodec, PayloadKeyError } from '../../src/temporal/payload-codec';
import { payloadKeys } from '../../src/temporal/payload-keys';
import { failureConverter } from '../../src/temporal/failure-converter';

const aKey = () => randomBytes(32).toString('base64');
const [OLD, NEW] = [aKey(), aKey()];
const idOf = (key: string) => String(payloadKeys(key).encrypting);
const codec = (...keys: string[]) => createPayloadCodec(payloadKeys(keys.join(',')));
const WITHOUT = createPayloadCodec(payloadKeys(undefined));

const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const valueOf = ([payload]: Payload[]): unknown =>
  defaultPayloadConverter.fromPayload(payload as Payload);
const textOf = ([payload]: Payload[]) => Buffer.from(payload?.data ?? []).toString('latin1');
const keyIdOf = ([payload]: Payload[]) =>
  Buffer.from(payload?.metadata?.['encryption-key-id'] ?? []).toString();

test('whatever is written comes back, and its text is not in what is kept', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const kept = await codec(NEW).encode([payloadOf({ value, reason: 'a word of an operator' })]);
      expect(textOf(kept)).not.toContain('operator');
      expect(valueOf(await codec(NEW).decode(kept))).toEqual({
        value: JSON.parse(JSON.stringify(value)) as unknown,
        reason: 'a word of an operator',
      });
    }),
  );
});

test('the same content is never kept twice in the same bytes', async () => {
  const [first, second] = await codec(NEW).encode([payloadOf('a'), payloadOf('a')]);
  expect(first?.data).not.toEqual(second?.data);
});

test('the first key encrypts, every key decrypts', async () => {
  const kept = await codec(OLD).encode([payloadOf(1)]);
  expect([keyIdOf(kept), valueOf(await codec(NEW, OLD).decode(kept))]).toEqual([idOf(OLD), 1]);
  expect(keyIdOf(await codec(NEW, OLD).encode([payloadOf(1)]))).toBe(idOf(NEW));
});

test('what was written before encryption was switched on is read as it was', async () => {
  expect(valueOf(await codec(NEW).decode([payloadOf('plain')]))).toBe('plain');
});

test('switched off while its keys are known, it reads what was encrypted and writes in clear', async () => {
  const kept = await codec(NEW).encode([payloadOf(1)]);
  expect(valueOf(await codec('none', NEW).decode(kept))).toBe(1);
  expect(valueOf(await codec('none', NEW).encode([payloadOf(2)]))).toBe(2);
  expect(valueOf(await WITHOUT.encode([payloadOf(2)]))).toBe(2);
});

test('a key that is not known is told by its id, with those that are', async () => {
  const kept = await codec(OLD).encode([payloadOf(1)]);
  await expect(codec(NEW).decode(kept)).rejects.toThrow(
    `encrypted with the key ${idOf(OLD)}, and TEMPORAL_PAYLOAD_KEYS has ${idOf(NEW)}: add that key`,
  );
  await expect(WITHOUT.decode(kept)).rejects.toThrow('TEMPORAL_PAYLOAD_KEYS has no key');
});

test('a changed byte, a part: each is refused', async () => {
  const [kept] = await codec(NEW).encode([payloadOf('ten cents')]);
  const { metadata, data } = kept as Payload & { data: Uint8Array };
  const decode = (bytes: Uint8Array) => codec(NEW).decode([{ metadata, data: bytes }]);
  for (const at of [0, 14, data.length - 1]) {
    const changed = Buffer.from(data);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    await expect(decode(changed)).rejects.toThrow(/changed since/);
  }
  for (const length of [0, 11, 27])
    await expect(decode(data.subarray(0, length))).rejects.toThrow(/changed since/);
});

test('an id tells nothing of its key, and is the same in every process', () => {
  expect(idOf(NEW)).toMatch(/^[0-9a-f]{12}$/);
  expect(idOf(NEW)).not.toBe(idOf(OLD));
  expect(payloadKeys(`none,${NEW},${OLD}`)).toEqual({
    encrypting: null,
    keys: new Map([NEW, OLD].map((key) => [idOf(key), Buffer.from(key, 'base64')])),
  });
});

test('the message and the stack of a failure are a payload, which the codec encrypts', () => {
  const failure = failureConverter.errorToFailure(
    new Error('a card of 4242'),
    defaultPayloadConverter,
  );
  const { encodedAttributes, ...clear } = failure;
  expect(JSON.stringify(clear)).not.toContain('4242');
  expect(clear.message).toBe('Encoded failure');
  expect(valueOf([encodedAttributes as Payload])).toMatchObject({ message: 'a card of 4242' });
});

test('that a key is wrong is told in clear: what says so can not be read with that key', () => {
  const error = new PayloadKeyError('add the key "2025"');
  expect(failureConverter.errorToFailure(error, defaultPayloadConverter)).toMatchObject({
    message: 'add the key "2025"',
  });
});
