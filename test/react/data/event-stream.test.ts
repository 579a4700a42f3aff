/** Events come in pieces as the network has them, and are read whole. */
import fc from 'fast-check';
import { eventsOf } from '../../../src/react/data/event-stream';

const bytes = (text: string) => new TextEncoder().encode(text);

test('however a stream is cut, its events are the same', async () => {
  const data = JSON.stringify({ name: 'Zoë, ¥100, 😀' });
  const sent = `retry: 2000\n\nevent: view\ndata: ${data}\n\nevent: alive\ndata: {}\n\n`;
  const whole = bytes(sent);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(whole.length), { maxLength: 12 }), async (cuts) => {
      const ends = [...cuts.sort((a, b) => a - b), whole.length];
      const pieces = ends.map((end, at) => whole.slice(ends[at - 1] ?? 0, end));
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          for (const piece of pieces) controller.enqueue(piece);
          controller.close();
        },
      });
      const events = [];
      for await (const event of eventsOf(new Response(body))) events.push(event);
      expect(events).toEqual([
        { name: 'view', data },
        { name: 'alive', data: '{}' },
      ]);
    }),
  );
});
