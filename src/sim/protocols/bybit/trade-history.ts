/** What each trade of a perpetual did to its account's position: worked out once per trade, in order. */
import type { Decimal } from '../../../domain/decimal.ts';
import { divide, minimum, roundTo, zero } from '../../../domain/decimal.ts';
import { moneyPlaces, positionAfterFill } from '../../exchange/position.ts';
import type { SimAccount, SimTrade } from '../../exchange/state.ts';
import { signedQuantity } from '../../exchange/state.ts';

export interface TradeEffect {
  /** Base units of the position that it closed. */
  readonly closed: Decimal;
  /** Signed position after it. */
  readonly sizeAfter: Decimal;
  /** Notional at which the closed part had been entered, without sign. */
  readonly closedEntryNotional: Decimal;
  /** Share of the fees paid for entering the closed part, and of this trade's own. */
  readonly openFee: Decimal;
  readonly closeFee: Decimal;
}

export interface PositionLife {
  readonly quantity: Decimal;
  readonly entryNotional: Decimal;
  readonly entryFees: Decimal;
  /** Market time at which it was last flat before. */
  readonly openedAtMs: number;
}

export interface TradeHistory {
  /** At `trade.sequence - 1`; null for spot. */
  readonly effects: readonly (TradeEffect | null)[];
  /** By instrument id. */
  readonly positions: ReadonlyMap<string, PositionLife>;
}

interface Progress {
  readonly effects: (TradeEffect | null)[];
  readonly positions: Map<string, PositionLife>;
}

/** Trades are only ever appended, so what has been worked out stays true. */
const known = new WeakMap<SimAccount, Progress>();

export function tradeHistory(account: SimAccount): TradeHistory {
  const progress: Progress = known.get(account) ?? { effects: [], positions: new Map() };
  known.set(account, progress);
  for (const trade of account.trades.slice(progress.effects.length)) progress.effects.push(follow(progress, trade));
  return progress;
}

export function effectOf(account: SimAccount, trade: SimTrade): TradeEffect | null {
  return tradeHistory(account).effects[trade.sequence - 1] ?? null;
}

function follow({ positions }: Progress, trade: SimTrade): TradeEffect | null {
  const { instrument, side } = trade.order;
  if (instrument.kind === 'spot') return null;
  const before = positions.get(instrument.id) ?? {
    quantity: zero,
    entryNotional: zero,
    entryFees: zero,
    openedAtMs: trade.executedAtMs,
  };
  const signed = signedQuantity(side, trade.quantityBase);
  const after = positionAfterFill(before.quantity, before.entryNotional, signed, trade.price);
  const opposes = before.quantity.times(signed).lt(zero);
  const closed = opposes ? minimum(before.quantity.abs(), signed.abs()) : zero;
  const openFee = closed.eq(zero) ? zero : share(before.entryFees, closed, before.quantity.abs());
  const closeFee = share(trade.fee, closed, trade.quantityBase);
  const flips = opposes && closed.lt(trade.quantityBase);
  positions.set(instrument.id, {
    quantity: after.quantity,
    entryNotional: after.entryNotional,
    entryFees: before.entryFees.minus(openFee).plus(trade.fee.minus(closeFee)),
    openedAtMs: flips || before.quantity.eq(zero) ? trade.executedAtMs : before.openedAtMs,
  });
  const gross = closed.times(trade.price);
  const closedEntryNotional = before.quantity.gt(zero) ? gross.minus(trade.realised) : gross.plus(trade.realised);
  return {
    closed,
    sizeAfter: after.quantity,
    closedEntryNotional: closed.eq(zero) ? zero : closedEntryNotional,
    openFee,
    closeFee,
  };
}

function share(amount: Decimal, part: Decimal, whole: Decimal): Decimal {
  return part.eq(whole) ? amount : roundTo(divide(amount.times(part), whole), moneyPlaces, 'half_up');
}
