/** Goal: what is too long to carry is cut where it must be, and what fits stays as it is. */
import fc from 'fast-check';
import {
  assertRoom,
  bytesOf,
  ROOM_BYTES_MAX,
  withinBounds,
  withinBytes,
  withinRoom,
} from '../../../src/core/state-bounds';
import { OTHERS } from '../../../src/core/state/exceptions';
import { aState } from '../../support/builders/builders';

test.each(['\u007f', '\u0080', '\u07ff', '\u0800', '\ud7ff', '\u{10000}', '\u{103ff}', '\ue000'])(
  'at the edges of UTF-8 a character has its bytes: %j',
  (character) => {
    expect(bytesOf(character)).toBe(Buffer.byteLength(character) + 2);
  },
);

describe('a text that is cut to so many bytes', () => {
  test('keeps its beginning, and is no longer than it may be', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 10, max: 60 }), (text, max) => {
        const cut = withinBytes(text, max);
        expect(bytesOf(cut)).toBeLessThanOrEqual(max);
        expect(text.startsWith(cut.replace(/…$/, ''))).toBe(true);
      }),
    );
  });

  test('stays as it is if it is just short enough', () => {
    // Two bytes are its quotes.
    expect(withinBytes('x'.repeat(98), 100)).toBe('x'.repeat(98));
    expect(withinBytes('x'.repeat(99), 100)).toMatch(/^x{90,}…$/);
  });
});

describe('messages share a room', () => {
  const saying = (...messages: string[]) =>
    messages.map((message, at) => ({
      ...{ kind: 'invoice_differs' as const, subject: `in_${at}`, message, since: at },
    }));
  const lengths = (...messages: string[]) =>
    withinRoom(saying(...messages)).map(({ message }) => message.length);

  test('and are left alone while they fit', () => {
    // Brackets, comma and quotes are seven bytes of 48 KiB.
    const most = 48 * 1024 - 7 - 'short'.length;
    expect(lengths('x'.repeat(most), 'short')).toEqual([most, 5]);
    const [first = 0, second] = lengths('x'.repeat(most + 1), 'short');
    expect(first).toBeGreaterThan(24_000);
    expect(first).toBeLessThan(24 * 1024);
    expect(second).toBe(5);
  });

  test('and only the long ones are cut, to an equal share', () => {
    const [first = 0, second = 0, short] = lengths('x'.repeat(40_000), 'y'.repeat(30_000), 'z');
    expect([first, second]).toEqual([first, first]);
    expect(first).toBeGreaterThan(16_000);
    expect(first).toBeLessThanOrEqual(16_384);
    expect(short).toBe(1);
  });

  test('and none becomes shorter than 160 bytes, however many there are', () => {
    const many = Array.from({ length: 400 }, () => 'x'.repeat(200));
    for (const length of lengths(...many)) expect(length).toBeGreaterThan(150);
  });
});

describe('what an earlier release carried', () => {
  const rejection = { kind: 'report_rejected' as const, message: 'no', since: 7 };
  const counted = {
    ...{ ...rejection, subject: 'reports', since: 3, message: '5 reports were rejected' },
    rejected: { count: 5, first: 'report_1' },
  };

  test('keeps the first twenty reasons of a recount', () => {
    const reasons = Array.from({ length: 30 }, (_, at) => `reason ${at}`);
    const recount = { number: 1, reasons };
    const { recount: kept } = withinBounds({ ...aState(), recount });
    expect(kept).toEqual({ number: 1, reasons: reasons.slice(0, 20) });
    const few = { ...aState(), recount: { number: 1, reasons: reasons.slice(0, 20) } };
    expect(withinBounds(few)).toBe(few);
  });

  test('adds single rejections to those that are counted already, since the first of all', () => {
    const singles = ['report_8', 'report_9'].map((subject) => ({ ...rejection, subject }));
    const more = { ...OTHERS, message: 'x', since: 1, rejected: { count: 9, first: 'in_1' } };
    const carried = [more, counted, ...singles];
    const { exceptions } = withinBounds({ ...aState(), exceptions: carried });
    expect(exceptions).toMatchObject([
      more,
      { subject: 'reports', since: 3, rejected: { count: 7, first: 'report_8' } },
    ]);
  });

  test('leaves a single rejection, those that are counted, and what is of another kind', () => {
    const one = { ...aState(), exceptions: [{ ...rejection, subject: 'report_8' }] };
    expect(withinBounds(one)).toBe(one);
    const other = { ...rejection, kind: 'invoice_differs' as const, subject: 'in_1' };
    const others = { ...aState(), exceptions: [counted, other, { ...other, subject: 'in_2' }] };
    expect(withinBounds(others)).toBe(others);
  });

  test('without exceptions is as it is, and without a recount has none', () => {
    const state = aState();
    expect(withinBounds(state)).toBe(state);
    const singles = ['report_8', 'report_9'].map((subject) => ({ ...rejection, subject }));
    expect(withinBounds({ ...state, exceptions: singles }).recount).toBeNull();
  });
});

test('a change is taken up to the last byte of its room, and the refusal says what makes some', () => {
  const rest = ROOM_BYTES_MAX - bytesOf({ ...aState(), subscriptionId: '' });
  const just = { ...aState(), subscriptionId: 'x'.repeat(rest) };
  expect(() => assertRoom(just)).not.toThrow();
  const over = { ...just, exceptions: [{ ...OTHERS, message: 'x', since: 1 }] };
  expect(() => assertRoom(over)).toThrow(
    `What the workflow of ada carries has ${bytesOf(over)} bytes, and changes are taken up to ` +
      `${ROOM_BYTES_MAX}: nothing was changed. It has 1 open exceptions and 1 open periods: resolve ` +
      'those exceptions, or settle unpaid invoices.',
  );
});
