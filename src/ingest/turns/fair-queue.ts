/**
 * What waits for the ledger, of many owners: each in turn gives one request, so whoever has sent a
 * thousand waits behind itself, and whoever has sent one waits for nobody's thousand.
 */

export interface Queued {
  /** Who asks: the id of an API key, or a part of ours. */
  readonly owner: string;
  /** A request is as large as it has rows, and taken whole. */
  readonly rows: readonly unknown[];
}

export interface Terms<Request> {
  /** What it holds back keeps its turn. */
  mayGo(request: Request): boolean;
  /** Whether nothing is taken together with it; left out: it is shared with whatever fits. */
  goesAlone?(request: Request): boolean;
}

export interface FairQueue<Request extends Queued> {
  push(request: Request): void;
  /** Whole requests of so many rows together, or the one that alone has more. */
  take(rowsMax: number, terms: Terms<Request>): Request[];
  rows(): number;
  rowsOf(owner: string): number;
}

interface Line<Request> {
  readonly requests: Request[];
  /** The first that still waits: taking it off an array's front would move all the others. */
  head: number;
  rows: number;
}

export function createFairQueue<Request extends Queued>(): FairQueue<Request> {
  // A map keeps the order of its entries: whose turn is next stands first.
  const lines = new Map<string, Line<Request>>();
  let waitingRows = 0;

  /** Its owner is sent to the end. */
  const takeFirst = (owner: string, line: Line<Request>): Request => {
    const request = line.requests[line.head] as Request;
    line.head += 1;
    line.rows -= request.rows.length;
    waitingRows -= request.rows.length;
    lines.delete(owner);
    if (line.head < line.requests.length) lines.set(owner, line);
    return request;
  };

  return {
    push: (request) => {
      const { owner, rows } = request;
      const line = lines.get(owner) ?? { requests: [], head: 0, rows: 0 };
      line.requests.push(request);
      line.rows += rows.length;
      waitingRows += rows.length;
      lines.set(owner, line);
    },
    take: (rowsMax, { mayGo, goesAlone = () => false }) => {
      const group: Request[] = [];
      let rows = 0;
      let room = rowsMax;
      const fits = ({ requests, head }: Line<Request>): boolean => {
        const request = requests[head] as Request;
        if (!mayGo(request)) return false;
        return rows === 0 || (rows + request.rows.length <= room && !goesAlone(request));
      };
      for (let hasTaken = true; hasTaken && rows < room;) {
        hasTaken = false;
        for (const [owner, line] of [...lines]) {
          if (!fits(line)) continue;
          const request = takeFirst(owner, line);
          group.push(request);
          rows += request.rows.length;
          if (goesAlone(request)) room = 0;
          hasTaken = true;
        }
      }
      return group;
    },
    rows: () => waitingRows,
    rowsOf: (owner) => lines.get(owner)?.rows ?? 0,
  };
}
