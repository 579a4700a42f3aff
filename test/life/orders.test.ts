/** Goal: in whatever order Stripe's news arrive, and however often, one final state. */
import type { StripeEventHint } from '../../src/core/stripe-event';
import { alike, comparable } from './alike';
import { chance, shuffled, withDuplicates } from './chance';
import type { Life } from './life';
import { SCRIPTED_LIVES } from './scripted-lives';
import type { ScriptedLife } from './scripted-lives';
import { useStage } from './on-stage';

jest.setTimeout(600_000);

/** Over all lives more than 2,000. */
const SHUFFLES = Number(process.env.LIFE_SHUFFLES ?? 300);

const on = useStage();

function* permutations<T>(list: readonly T[]): Generator<T[]> {
  if (list.length <= 1) return void (yield [...list]);
  for (const [at, one] of list.entries())
    for (const rest of permutations([...list.slice(0, at), ...list.slice(at + 1)]))
      yield [one, ...rest];
}

interface Played {
  readonly life: Life;
  readonly news: readonly StripeEventHint[];
  readonly end: (order: readonly StripeEventHint[]) => Promise<unknown>;
}

/** Stripe plays it while nobody hears; then the news of it can be told again and again. */
async function playUnheard({ play }: ScriptedLife): Promise<Played> {
  await on.stage.clear();
  const life = await on.aLife();
  await play(life, 'never');
  await life.hear();
  const { snapshot } = (await on.stage.order('snapshot')) as { snapshot: string };
  const state = life.state();
  const news = [...life.inbox];
  const end = async (order: readonly StripeEventHint[]) => {
    await on.stage.order('restore', { snapshot });
    life.restart(state);
    await life.deliver(order);
    return comparable(life.state());
  };
  return { life, news, end };
}

describe.each(SCRIPTED_LIVES)('$name', (script) => {
  let played: Played;
  let inOrder: unknown;
  let inOrderAlike: unknown;
  beforeAll(async () => {
    played = await playUnheard(script);
    inOrder = await played.end(played.news);
    inOrderAlike = await alike(played.life);
  });

  // `failing` must fail: mended, the life is to lose its note.
  const asItHappens = script.knownDefect === undefined ? test : test.failing;
  asItHappens('heard as it happens it ends as heard afterwards', async () => {
    const heard = await on.aLife();
    await script.play(heard, 'at once');
    await heard.catchUp();
    expect(await alike(heard)).toEqual(inOrderAlike);
  });

  test('every order of six of its news, and many of all, each with duplicates', async () => {
    const random = chance(1);
    const six = shuffled(played.news, random).slice(0, 6);
    const others = played.news.filter((one) => !six.includes(one));
    const orders = [
      ...[...permutations(six)].map((order) => [...others, ...order]),
      ...Array.from({ length: SHUFFLES }, () => shuffled(played.news, random)),
    ];
    const ends = new Map<string, readonly StripeEventHint[]>();
    for (const order of orders) {
      const told = withDuplicates(order, random);
      ends.set(JSON.stringify(await played.end(told)), told);
    }
    expect(JSON.parse([...ends.keys()][0] ?? '')).toEqual(inOrder);
    expect([...ends.values()].map((order) => order.map(({ type }) => type))).toHaveLength(1);
  });
});
