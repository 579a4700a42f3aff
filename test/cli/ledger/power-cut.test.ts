/**
 * Goal: an archive that has a manifest is whole, whenever the power went. Method: a disk that keeps
 * of a file what was synced, and of a folder's names either what was synced or what came later.
 */
import files from 'node:fs/promises';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { exportedTwice, PARTITION } from '../../support/ledger/small-archive';
import { makeFolder, persist } from '../../../src/cli/ledger/durable-files';
import { openArchive, recountArchive } from '../../../src/cli/ledger/read-archive';

let root: string;
beforeEach(async () => {
  root = await files.mkdtemp(join(tmpdir(), 'power-cut-'));
});
afterEach(async () => {
  jest.restoreAllMocks();
  await files.rm(root, { recursive: true });
});

type Names = ReadonlyMap<string, number>;

/** What the disk has of a folder, told after each change that the work makes to it. */
function watchDisk(folder: string, onChange: () => Promise<void>) {
  const contents = new Map<number, Buffer>();
  let names: Names = new Map();
  const namesNow = (): Names =>
    new Map(readdirSync(folder).map((name) => [name, statSync(join(folder, name)).ino]));
  const noteSync = (path: string): void => {
    if (path === folder) names = namesNow();
    else contents.set(statSync(path).ino, readFileSync(path));
  };
  const { open, rename, rm } = files;
  jest.spyOn(files, 'open').mockImplementation(async (path, ...others) => {
    const handle = await open(path, ...others);
    const sync = handle.sync.bind(handle);
    handle.sync = async () => {
      await sync();
      noteSync(String(path));
      await onChange();
    };
    return handle;
  });
  jest.spyOn(files, 'rename').mockImplementation(async (...paths) => {
    await rename(...paths);
    await onChange();
  });
  jest.spyOn(files, 'rm').mockImplementation(async (...removed) => {
    await rm(...removed);
    await onChange();
  });
  /** Each folder that may be found after a cut: any name may be as it was, or as it is. */
  const possible = (): Names[] => {
    const now = namesNow();
    const all = [...new Set([...names.keys(), ...now.keys()])];
    return all.reduce<Names[]>(
      (found, name) =>
        found.flatMap((one) =>
          [...new Set([names.get(name), now.get(name)])].map((inode) =>
            inode === undefined ? one : new Map([...one, [name, inode]]),
          ),
        ),
      [new Map()],
    );
  };
  return {
    possible,
    write: (found: Names, to: string): void => {
      for (const [name, inode] of found)
        writeFileSync(join(to, name), contents.get(inode) ?? Buffer.alloc(0));
    },
  };
}

/** How many rows the archive has that is found there; undefined: there is none. */
async function rowsFound(folder: string): Promise<number | undefined> {
  if (!readdirSync(folder).includes(`${PARTITION}.manifest.json`)) return undefined;
  const archive = await openArchive(folder, PARTITION);
  return (await recountArchive(folder, archive)).rows;
}

test('an export, and one that replaces it, leave a whole archive or none, at any cut', async () => {
  const folder = await files.mkdtemp(join(root, 'archives-'));
  const found: (number | undefined)[] = [];
  const disk = watchDisk(folder, async () => {
    for (const names of disk.possible()) {
      const after = await files.mkdtemp(join(root, 'after-'));
      disk.write(names, after);
      found.push(await rowsFound(after));
    }
  });
  const [first, second] = await exportedTwice(folder);
  expect(new Set(found)).toEqual(new Set([undefined, first, second]));
  // Once the command has ended, there is one thing to be found.
  expect(found.at(-1)).toBe(second);
  expect(disk.possible()).toHaveLength(1);
});

test('an archive that was copied there is on the disk before anything relies on it', async () => {
  const folder = await files.mkdtemp(join(root, 'copied-'));
  await exportedTwice(folder);
  const disk = watchDisk(folder, async () => undefined);
  await persist(folder, [`${PARTITION}.csv.gz`, `${PARTITION}.manifest.json`]);
  const after = await files.mkdtemp(join(root, 'after-'));
  const [names = new Map<string, number>(), ...others] = disk.possible();
  disk.write(names, after);
  expect(others).toEqual([]);
  expect(await rowsFound(after)).toBeGreaterThan(0);
});

test('a folder that was made for it is there after a cut, and so is each above it', async () => {
  const synced: string[] = [];
  const { open } = files;
  jest.spyOn(files, 'open').mockImplementation(async (path, ...others) => {
    const handle = await open(path, ...others);
    const sync = handle.sync.bind(handle);
    handle.sync = () => {
      synced.push(String(path));
      return sync();
    };
    return handle;
  });
  const folder = join(root, 'a', 'b', 'c');
  await makeFolder(folder);
  expect(synced).toEqual([join(root, 'a', 'b'), join(root, 'a'), dirname(join(root, 'a'))]);
  synced.length = 0;
  await makeFolder(folder);
  expect(synced).toEqual([]);
});
