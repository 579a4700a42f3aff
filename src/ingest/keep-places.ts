/**
 * Errors pass what is done to the others, and every outcome stands where its item stood: the one
 * place where usage events that can't be taken part from those that can.
 */
import { DomainError } from '../core/errors';

/** `act` sees the items that are no errors, and answers one outcome for each, in order. */
export async function keepPlaces<Item extends object, Outcome>(
  items: readonly (Item | DomainError)[],
  act: (goodItems: readonly Item[]) => Promise<readonly Outcome[]>,
): Promise<(Outcome | DomainError)[]> {
  const isGood = (item: Item | DomainError): item is Item => !(item instanceof DomainError);
  const goodItems = items.filter(isGood);
  const outcomes = await act(goodItems);
  if (outcomes.length !== goodItems.length)
    throw new Error(
      `${goodItems.length} items had ${outcomes.length} outcomes: expected one for each.`,
    );
  let index = 0;
  return items.map((item) => (isGood(item) ? (outcomes[index++] as Outcome) : item));
}
