/** Which client order id each of the venue's orders carries. It never changes, so that nobody has to ask for it twice. */

export interface OrderNames {
  note(symbol: string, venueOrderId: string, clientOrderId: string): void;
  /** Undefined where it was not seen, or so long ago that it was forgotten. */
  of(symbol: string, venueOrderId: string): string | undefined;
}

/**
 * By symbol and id: a venue may count the orders of each symbol for themselves.
 * @param most the oldest are forgotten beyond it
 */
export function createOrderNames(most = 10_000): OrderNames {
  const names = new Map<string, string>();
  return {
    note(symbol, venueOrderId, clientOrderId) {
      names.set(keyOf(symbol, venueOrderId), clientOrderId);
      if (names.size <= most) return;
      const [oldest] = names.keys();
      if (oldest !== undefined) names.delete(oldest);
    },
    of: (symbol, venueOrderId) => names.get(keyOf(symbol, venueOrderId)),
  };
}

function keyOf(symbol: string, venueOrderId: string): string {
  return JSON.stringify([symbol, venueOrderId]);
}
