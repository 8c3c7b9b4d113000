/** Which client order id each of the venue's orders carries. It never changes, so that nobody has to ask for it twice. */

export interface OrderNames {
  note(venueOrderId: string, clientOrderId: string): void;
  /** Undefined where it was not seen, or so long ago that it was forgotten. */
  of(venueOrderId: string): string | undefined;
}

/** @param most the oldest are forgotten beyond it */
export function createOrderNames(most = 10_000): OrderNames {
  const names = new Map<string, string>();
  return {
    note(venueOrderId, clientOrderId) {
      names.set(venueOrderId, clientOrderId);
      if (names.size <= most) return;
      const [oldest] = names.keys();
      if (oldest !== undefined) names.delete(oldest);
    },
    of: (venueOrderId) => names.get(venueOrderId),
  };
}
