/** What positions have made of the accounts' inventories for good, by account and coin. */
import { decimal, sum, toText, type DecimalText } from '../domain/decimal.ts';
import type { RecordedPosition } from './trade.ts';

export interface InventoryChange {
  readonly account: string;
  readonly currency: string;
  /** Signed coins: negative when they were sold. */
  readonly quantityBase: DecimalText;
  readonly positions: number;
}

/** @param keys of the positions that count */
export function inventoryChanges(
  positions: readonly RecordedPosition[],
  keys: ReadonlySet<string>,
): readonly InventoryChange[] {
  const changes = positions.flatMap(({ position: { key, baselineChange } }) =>
    baselineChange === undefined || !keys.has(key) ? [] : [baselineChange],
  );
  return [...Map.groupBy(changes, ({ account, currency }) => `${account} ${currency}`).values()].flatMap((list) => {
    const [first] = list;
    if (first === undefined) return [];
    const quantityBase = toText(sum(list.map((change) => decimal(change.quantityBase))));
    return [{ account: first.account, currency: first.currency, quantityBase, positions: list.length }];
  });
}
