/** Nobody buys twice, or leaves a card, in these runs. */
export const NO_CHECKOUTS = {
  takeCheckoutCard: async () => undefined,
  takeDefaultCard: async () => undefined,
  undoCheckout: async () => undefined,
};
