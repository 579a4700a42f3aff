/** The whole state under a name, to come back to: objects, clocks, deliveries, orders, chance. */
import { newId } from './identifiers';
import type { Change, Store } from './store';

const FORMAT = 1;
/** Each is the whole state: the oldest goes when there are more. */
const MOST_KEPT = 50;

/** What is handed out to be kept outside, and taken back later. */
export interface Exported {
  format: typeof FORMAT;
  objects: Change[];
}

export interface Snapshots {
  take(): { id: string; objects: number };
  list(): { id: string; objects: number }[];
  get(id: string): Exported | undefined;
}

/** Kept as text: what happens later must not reach into a snapshot. */
export function createSnapshots(store: Store): Snapshots {
  const snapshots = new Map<string, { text: string; objects: number }>();
  return {
    take: () => {
      const state = exportState(store);
      const id = newId('snap');
      const [oldestId] = snapshots.keys();
      if (snapshots.size >= MOST_KEPT && oldestId !== undefined) snapshots.delete(oldestId);
      snapshots.set(id, { text: JSON.stringify(state), objects: state.objects.length });
      return { id, objects: state.objects.length };
    },
    list: () => [...snapshots].map(([id, { objects }]) => ({ id, objects })),
    get: (id) => {
      const snapshot = snapshots.get(id);
      return snapshot && (JSON.parse(snapshot.text) as Exported);
    },
  };
}

export function exportState(store: Store): Exported {
  return { format: FORMAT, objects: [...store.everything()] };
}

export function isExported(value: unknown): value is Exported {
  const { format, objects } = (value ?? {}) as Partial<Exported>;
  return format === FORMAT && Array.isArray(objects) && objects.every(isChange);
}

function isChange(value: unknown): boolean {
  const { kind, id, value: object } = (value ?? {}) as Partial<Change>;
  return typeof kind === 'string' && typeof id === 'string' && object?.id === id;
}
