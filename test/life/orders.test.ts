/** Goal: in whatever order Stripe's news arrive, and however often, one final state. */
import { alike, comparable } from './alike';
import { chance, shuffled, withDuplicates } from './chance';
import type { Hearing, Life } from './life';
import { SCRIPTED_LIVES } from './scripted-lives';
import type { ScriptedLife } from './scripted-lives';
import { useStage } from './on-stage';
import { rememberedOf } from './remembered';
import type { StripeEventHint } from '../../src/core/state/remembered';

jest.setTimeout(600_000);

/** Over all lives more than 1,000. */
const SHUFFLES = Number(process.env.LIFE_SHUFFLES ?? 100);
/** How many of a life's news are told in every order there is: 120 orders of five, 720 of six. */
const PERMUTED = Number(process.env.LIFE_PERMUTED ?? 5);

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
  /** The state it ends in when they are told in this order. */
  readonly end: (order: readonly StripeEventHint[]) => Promise<unknown>;
  /** The same life when these have been told: only the others remain. */
  readonly after: (told: readonly StripeEventHint[]) => Promise<Played>;
}

/** Stripe plays it while nobody hears; then the news of it can be told again and again. */
async function playUnheard({ play }: ScriptedLife): Promise<Played> {
  await on.stage.clear();
  const life = await on.aLife();
  await play(life, 'never');
  await life.hear();
  return fromNowOn(life, [...life.inbox]);
}

async function fromNowOn(life: Life, news: readonly StripeEventHint[]): Promise<Played> {
  const { snapshot } = (await on.stage.order('snapshot')) as { snapshot: string };
  const state = life.state();
  const { entries } = rememberedOf(life.customer);
  const recorded = [...entries];
  const tell = async (order: readonly StripeEventHint[]) => {
    await on.stage.order('restore', { snapshot });
    // What our database has of another order it never had: a report would not be sent for it.
    entries.splice(0, entries.length, ...recorded);
    life.restart(state);
    await life.deliver(order);
  };
  const end = async (order: readonly StripeEventHint[]) => {
    await tell(order);
    return comparable(life.state());
  };
  const after = async (told: readonly StripeEventHint[]) => {
    await tell(told);
    return fromNowOn(
      life,
      news.filter((one) => !told.includes(one)),
    );
  };
  return { life, news, end, after };
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

  test('heard at drafts only it ends as heard as it happens', async () => {
    expect(await playHearing('at the draft')).toEqual(await playHearing('at once'));
  });

  if (script.unheard === undefined)
    test('heard after it has happened it ends as heard as it happens', async () => {
      expect(inOrderAlike).toEqual(await playHearing('at once'));
    });
  else
    test(`an operator is shown that ${script.unheard}`, () => {
      expect(inOrderAlike).toMatchObject({ exceptions: [{ kind: 'invoice_differs' }] });
    });

  async function playHearing(hearing: Hearing): Promise<unknown> {
    const life = await on.aLife();
    await script.play(life, hearing);
    await life.catchUp();
    return alike(life);
  }

  test('in many orders of all its news, with duplicates', async () => {
    const random = chance(1);
    const orders = Array.from({ length: SHUFFLES }, () =>
      withDuplicates(shuffled(played.news, random), random),
    );
    await endAlike(played, orders);
  });

  test(`in every order of ${PERMUTED} of its news, with duplicates`, async () => {
    const random = chance(2);
    const few = shuffled(played.news, random).slice(0, PERMUTED);
    const rest = await played.after(played.news.filter((one) => !few.includes(one)));
    const orders = [...permutations(rest.news)].map((order) => withDuplicates(order, random));
    await endAlike(rest, orders);
  });

  async function endAlike(from: Played, orders: readonly StripeEventHint[][]): Promise<void> {
    const ends = new Map<string, readonly StripeEventHint[]>();
    for (const order of orders) ends.set(JSON.stringify(await from.end(order)), order);
    expect(JSON.parse([...ends.keys()][0] ?? '')).toEqual(inOrder);
    expect([...ends.values()].map((order) => order.map(({ type }) => type))).toHaveLength(1);
  }
});
