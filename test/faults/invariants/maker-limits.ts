/** What a position that quotes has at stake: at most one order rests, and never more than may be unhedged. */
import { decimal, divide, maximum, minimum, toText, zero, type Decimal } from '../../../src/domain/decimal.ts';
import { legSign } from '../../../src/domain/execution/observation.ts';
import { coarserLot } from '../../../src/domain/execution/quantity.ts';
import type { LegName } from '../../../src/domain/order.ts';
import type { PositionPlan } from '../../../src/domain/position.ts';
import type { VenueOrderView } from '../arena/control.ts';
import type { LegChange } from './exposure.ts';

interface Change {
  readonly atMs: number;
  /** Base units by which what rests changes. */
  readonly restsBase: Decimal;
  readonly orders: -1 | 0 | 1;
  readonly heldBase: Readonly<Record<LegName, Decimal>>;
}

const nothing: Readonly<Record<LegName, Decimal>> = { spot: zero, perp: zero };

/**
 * What rests and what has no hedge yet are together at most `maxUnhedgedUsd` and two lots, for as long as anything rests.
 * @param quotes the venue's own list of the position's post-only orders
 * @param trades of all its orders
 * @returns what was exceeded, in words; null if nothing was
 */
export function quotedTooMuch(
  plan: PositionPlan,
  quotes: readonly VenueOrderView[],
  trades: readonly LegChange[],
): string | null {
  const { style } = plan;
  if (style?.kind !== 'maker_hedge') return quotes.length === 0 ? null : 'an order rested that was to take';
  const { makerLeg } = style;
  const lowest = minimum(
    decimal(makerLeg === 'spot' ? plan.spotReferencePrice : plan.perpReferencePrice),
    ...quotes.map(({ price }) => decimal(price ?? '1')),
  );
  const two = coarserLot(plan.spot, plan.perp).times(decimal('2'));
  const most = divide(decimal(style.maxUnhedgedUsd), lowest).plus(two);
  const changes = [...quotes.flatMap(ofQuote), ...trades.map((trade) => ofTrade(plan, trade))].toSorted(
    (left, right) => left.atMs - right.atMs,
  );
  let rests = zero;
  let orders = 0;
  const held = { ...nothing };
  for (const [index, change] of changes.entries()) {
    rests = rests.plus(change.restsBase);
    orders += change.orders;
    held.spot = held.spot.plus(change.heldBase.spot);
    held.perp = held.perp.plus(change.heldBase.perp);
    if (changes[index + 1]?.atMs === change.atMs || orders === 0) continue;
    if (orders > 1) return `${orders} of its orders rested at once`;
    const ahead = held[makerLeg].minus(held[makerLeg === 'spot' ? 'perp' : 'spot']);
    const atStake = rests.plus(maximum(ahead, zero));
    if (atStake.gt(most)) return `${toText(atStake)} rested or had no hedge, of ${style.maxUnhedgedUsd} USD allowed`;
  }
  return null;
}

/** Its rest shrinks with its trades, of which the last is its end or comes before it. */
function ofQuote({ createdAtMs, updatedAtMs, quantity, filledBase, status }: VenueOrderView): Change[] {
  const placed: Change = { atMs: createdAtMs, restsBase: decimal(quantity), orders: 1, heldBase: nothing };
  if (status === 'open') return [placed];
  const left = decimal(filledBase).minus(decimal(quantity));
  return [placed, { atMs: updatedAtMs, restsBase: left, orders: -1, heldBase: nothing }];
}

function ofTrade({ direction }: PositionPlan, { leg, atMs, changeBase, ofQuoteBase }: LegChange): Change {
  const signed = legSign(leg, direction) === 1 ? changeBase : zero.minus(changeBase);
  return { atMs, restsBase: zero.minus(ofQuoteBase), orders: 0, heldBase: { ...nothing, [leg]: signed } };
}
