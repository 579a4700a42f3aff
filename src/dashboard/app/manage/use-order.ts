/** An order as a part of the page draws it. */
import { useMemo, useState } from 'preact/hooks';
import { createOrderDesk, IDLE } from '../../../react/data/order';
import type { OrderDesk, OrderState } from '../../../react/data/order';

export type Order = OrderState & OrderDesk;

export function useOrder(): Order {
  const [state, setState] = useState(IDLE);
  const desk = useMemo(() => createOrderDesk(setState), []);
  return { ...state, ...desk };
}
