/** Circles of imports between files: Tarjan's strongly connected components. */
import { importsOf } from './imports';
import type { SourceFile } from './source-file';
import { isTypeScript } from './source-file';

/** Types count, too: a file is to be read after those that it imports, and before no other. */
export function circlesOfImports(files: readonly SourceFile[]): string[] {
  const graph = graphOf(files);
  return componentsOf(graph).flatMap((component) => {
    const [first] = component;
    const isCircle = component.length > 1 || (first !== undefined && graph.get(first)?.has(first));
    return isCircle ? [`${circleThrough(graph, component).join(' → ')} is a circle`] : [];
  });
}

type Graph = ReadonlyMap<string, ReadonlySet<string>>;

function graphOf(files: readonly SourceFile[]): Graph {
  const paths = new Map<string, string>();
  for (const { path } of files.filter(isTypeScript)) {
    const module = path.replace(/\.tsx?$/, '');
    paths.set(module, path);
    if (module.endsWith('/index')) paths.set(module.slice(0, -'/index'.length), path);
  }
  const targets = (file: SourceFile) => importsOf(file).flatMap(({ to }) => paths.get(to) ?? []);
  return new Map(files.map((file) => [file.path, new Set(targets(file))]));
}

/** Tarjan's algorithm: a file whose lowest reachable number is its own closes a component. */
function componentsOf(graph: Graph): string[][] {
  const numbers = new Map<string, number>();
  const stack: string[] = [];
  const components: string[][] = [];
  const visit = (file: string): number => {
    const number = numbers.size;
    numbers.set(file, number);
    stack.push(file);
    let low = number;
    for (const next of graph.get(file) ?? []) {
      if (!numbers.has(next)) low = Math.min(low, visit(next));
      else if (stack.includes(next)) low = Math.min(low, numbers.get(next) ?? number);
    }
    if (low === number) components.push(stack.splice(stack.indexOf(file)));
    return low;
  };
  for (const file of graph.keys()) if (!numbers.has(file)) visit(file);
  return components;
}

/** One way round, so that whoever breaks it sees where: the shortest from the first file. */
function circleThrough(graph: Graph, component: readonly string[]): string[] {
  const start = [...component].sort()[0] ?? '';
  const cameFrom = new Map<string, string>();
  const waiting = [start];
  for (let at = waiting.shift(); at !== undefined; at = waiting.shift())
    for (const next of graph.get(at) ?? []) {
      if (next === start) return [...wayTo(cameFrom, start, at), start];
      if (!component.includes(next) || cameFrom.has(next)) continue;
      cameFrom.set(next, at);
      waiting.push(next);
    }
  return [...component];
}

function wayTo(cameFrom: ReadonlyMap<string, string>, start: string, end: string): string[] {
  const way = [end];
  for (let at = end; at !== start;) {
    at = cameFrom.get(at) ?? start;
    way.unshift(at);
  }
  return way;
}
