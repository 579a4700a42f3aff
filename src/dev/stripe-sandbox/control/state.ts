/** The whole state at once: forgotten, kept under a name, brought back. */
import { isExported } from '../snapshots';
import type { Exported } from '../snapshots';
import { exportState } from '../snapshots';
import type { OrderCheck } from './order';
import { checkOrder, orElse, aText, aFlag, oneOfThese } from './order';
import { controlRoute, refuseOrder } from './route';
import type { Control } from './route';

const aState: OrderCheck<Exported> = (value, name) => {
  if (isExported(value)) return value;
  throw refuseOrder(`${name} is neither a snapshot's id nor what snapshot?download gave.`, name);
};
const flag = orElse(aFlag, oneOfThese('', 'true', 'false'));

export const STATE_CONTROLS = [
  controlRoute('POST /_sandbox/reset', async ({ become }, order) => {
    checkOrder(order, {});
    await become(null);
    return { reset: true };
  }),
  controlRoute('POST /_sandbox/snapshot', ({ world, snapshots }, order) => {
    const { download = false } = checkOrder(order, { download: flag });
    if (download !== false && download !== 'false') return { snapshot: exportState(world.store) };
    const { id, objects } = snapshots.take();
    return { snapshot: id, objects };
  }),
  controlRoute('GET /_sandbox/snapshot', ({ world }) => ({ snapshot: exportState(world.store) })),
  controlRoute('GET /_sandbox/snapshots', ({ snapshots }) => ({ data: snapshots.list() })),
  controlRoute('POST /_sandbox/restore', restore),
];

async function restore(
  { become, snapshots }: Control,
  order: Record<string, unknown>,
): Promise<unknown> {
  const { snapshot } = checkOrder(order, { snapshot: orElse(aText, aState) }, ['snapshot']);
  const state = typeof snapshot === 'string' ? snapshots.get(snapshot) : snapshot;
  if (!state) {
    const ids = snapshots.list().map(({ id }) => id);
    throw refuseOrder(
      `No such snapshot: ${String(snapshot)}. There is ${ids.join(', ') || 'none'}.`,
      'snapshot',
    );
  }
  await become(state);
  return { restored: true, objects: state.objects.length };
}
