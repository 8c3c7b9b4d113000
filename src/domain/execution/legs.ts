/** What the orders of a position built: sizes, average opening prices and fees of its two legs. */
import { decimal, divide, sum, toText, zero, type Decimal, type DecimalText } from '../decimal.ts';
import type { LegName, OrderPurpose } from '../order.ts';
import { legSign, project, type OrderObservation } from './observation.ts';
import type { Direction } from '../direction.ts';

export interface BuiltLegs {
  readonly spotBase: DecimalText;
  readonly perpBase: DecimalText;
  /** Volume-weighted average of the fills that built the leg. */
  readonly spotOpenPrice: DecimalText;
  readonly perpOpenPrice: DecimalText;
  /** Of both legs' orders so far, in USD. */
  readonly openFeesUsd: DecimalText;
  /** Price P&L of what the opening filled too much of and took back, before fees, in USD. */
  readonly trimmedUsd?: DecimalText;
  /** Of legs that were reduced since they were opened. */
  readonly reduction?: ReducedLegs;
}

/** What reductions have taken off the legs. */
export interface ReducedLegs {
  /** Base units of the spot leg before the first one. */
  readonly openedSpotBase: DecimalText;
  /** Price P&L of what was taken off both legs against their opening prices, before fees, in USD. */
  readonly realisedUsd: DecimalText;
}

/** Null when a leg has no fill that built it. */
export function builtLegs(direction: Direction, observations: readonly OrderObservation[]): BuiltLegs | null {
  const { spot, perp } = project(direction, observations);
  const spotOpenPrice = openPrice(direction, observations, 'spot');
  const perpOpenPrice = openPrice(direction, observations, 'perp');
  if (spotOpenPrice === null || perpOpenPrice === null) return null;
  const openPrices = { spot: spotOpenPrice, perp: perpOpenPrice };
  const reduction = reducedLegs(direction, observations, openPrices);
  const trims = fillsOf(observations, 'trim');
  return {
    spotBase: toText(spot.heldBase),
    perpBase: toText(perp.heldBase),
    spotOpenPrice,
    perpOpenPrice,
    openFeesUsd: toText(
      sum(observations.map(({ resolution }) => (resolution.kind === 'done' ? decimal(resolution.feesQuote) : zero))),
    ),
    ...(trims.length === 0 ? {} : { trimmedUsd: realisedUsd(trims, openPrices) }),
    ...(reduction === null ? {} : { reduction }),
  };
}

/** Null when nothing was taken off. */
function reducedLegs(
  direction: Direction,
  observations: readonly OrderObservation[],
  openPrices: OpenPrices,
): ReducedLegs | null {
  const fills = fillsOf(observations, 'reduce');
  if (fills.length === 0) return null;
  const spotChange = sum(fills.filter(({ leg }) => leg === 'spot').map(({ change }) => change));
  const taken = legSign('spot', direction) === 1 ? zero.minus(spotChange) : spotChange;
  return {
    openedSpotBase: toText(project(direction, observations).spot.heldBase.plus(taken)),
    realisedUsd: realisedUsd(fills, openPrices),
  };
}

type OpenPrices = Readonly<Record<LegName, DecimalText>>;

interface LegFill {
  readonly leg: LegName;
  /** Signed base units, net of a fee in the coin. */
  readonly change: Decimal;
  readonly price: Decimal;
}

function fillsOf(observations: readonly OrderObservation[], purpose: OrderPurpose): LegFill[] {
  return observations.flatMap(({ order, resolution }) =>
    order.purpose === purpose && resolution.kind === 'done' && resolution.averagePrice !== null
      ? [{ leg: order.leg, change: decimal(resolution.receivedBase), price: decimal(resolution.averagePrice) }]
      : [],
  );
}

/** A long leg sells at more, or a short one buys back at less, than it was opened at. */
function realisedUsd(fills: readonly LegFill[], openPrices: OpenPrices): DecimalText {
  return toText(
    sum(fills.map(({ leg, change, price }) => zero.minus(change).times(price.minus(decimal(openPrices[leg]))))),
  );
}

function openPrice(direction: Direction, observations: readonly OrderObservation[], leg: LegName): DecimalText | null {
  const building = legSign(leg, direction) === 1 ? 'buy' : 'sell';
  const fills = observations.flatMap(({ order, resolution }) =>
    order.leg === leg && order.side === building && resolution.kind === 'done' && resolution.averagePrice !== null
      ? [{ quantity: decimal(resolution.filledBase), price: decimal(resolution.averagePrice) }]
      : [],
  );
  const quantity = sum(fills.map((fill) => fill.quantity));
  if (quantity.eq(zero)) return null;
  return toText(divide(sum(fills.map((fill) => fill.quantity.times(fill.price))), quantity, 12));
}
