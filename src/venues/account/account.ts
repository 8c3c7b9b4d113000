/** Reads and settings of an account: balances, positions, open orders, leverage and modes. */
import { crossLiquidationPrice, type MarginLevel } from '../../domain/margin/cross-liquidation.ts';
import { decimal, toText, zero, type DecimalText } from '../../domain/decimal.ts';
import { VenueError, type AccountReading, type VenuePosition } from '../../ports/venue.ts';
import { decimalText, decimalTextOrNull, textOrNull } from '../capabilities/raw.ts';
import { newCallContext, runInCall } from '../calls/call-context.ts';
import { toVenueError } from '../ccxt-errors.ts';
import { withDeadline } from '../calls/deadline.ts';
import { contractSizeOf, toBase, servedMarket } from '../markets/instruments.ts';
import { coinLoans, marginState, withinWorth } from './loans.ts';
import { openOrders } from '../orders/open-orders.ts';
import { read, type VenueCaller } from '../calls/venue-call.ts';
import type { ExactExchange, ExactPosition } from '../exact-exchange.ts';

export async function accountReading(
  exchange: ExactExchange,
  caller: VenueCaller,
  account: string,
  symbols: readonly string[],
  borrowedCoins: readonly string[] = [],
): Promise<AccountReading> {
  const markets = symbols.map((symbol) => servedMarket(exchange, caller.dialect, symbol));
  const perpetuals = markets.filter((market) => market.swap === true);
  // Before the first request: what settles while the replies come in may be missing from them, and a reading that
  // claimed to be younger would count the same dollar as free twice.
  const readAtMs = caller.clock.nowMs();
  const [balance, positions, orders, loans] = await Promise.all([
    read(caller, 'balances', () => exchange.fetchBalance()),
    perpetuals.length === 0
      ? Promise.resolve([])
      : positionsOf(
          exchange,
          caller,
          perpetuals.map((market) => market.symbol),
        ),
    Promise.all(symbols.map((symbol) => openOrders(exchange, caller, symbol, {}))),
    coinLoans(exchange, caller, borrowedCoins),
  ]);
  const margin = marginState(caller.dialect, balance.value.info, loans);
  const balances = caller.dialect.balances(balance.value.info, (id) => exchange.safeCurrencyCode(id));
  const level = caller.dialect.marginLevel?.(balance.value.info) ?? null;
  const settle = perpetuals[0]?.settle;
  return {
    account,
    balances: margin === null ? balances : withinWorth(balances, margin),
    positions: positions.map((position) => withLiquidationPrice(position, level)),
    openOrderIds: orders.flat().map((order) => textOrNull(order.clientOrderId) ?? ''),
    freeMargin: settle === undefined ? null : caller.dialect.freeMargin(balance.value.info, settle),
    ...(margin === null ? {} : { margin }),
    readAtMs,
  };
}

async function positionsOf(
  exchange: ExactExchange,
  caller: VenueCaller,
  symbols: readonly string[],
): Promise<VenuePosition[]> {
  const groups = caller.dialect.positionsOneByOne ? symbols.map((symbol) => [symbol]) : [symbols];
  const found = await Promise.all(
    groups.map((group) => read(caller, 'positions', () => exchange.fetchPositions(group))),
  );
  return found
    .flatMap(({ value }) => value)
    .map((position) => positionOf(exchange, position))
    .filter((position) => !decimal(position.quantityBase).eq(zero));
}

function positionOf(exchange: ExactExchange, position: ExactPosition): VenuePosition {
  const symbol = position.symbol;
  if (symbol === undefined) throw new VenueError('malformed_reply', 'a position without a symbol');
  const size = toBase(decimalText(position.contracts, 'position size'), contractSizeOf(exchange, symbol));
  return {
    symbol,
    quantityBase: signed(size, position.side, symbol),
    entryPrice: decimalTextOrNull(position.entryPrice, 'entry price'),
    markPrice: decimalTextOrNull(position.markPrice, 'mark price'),
    liquidationPrice: decimalTextOrNull(position.liquidationPrice, 'liquidation price'),
    leverage: decimalTextOrNull(position.leverage, 'leverage'),
  };
}

/** @param level of an account whose positions do not say it; null: they do, and null means that nothing liquidates them */
function withLiquidationPrice(position: VenuePosition, level: MarginLevel | null): VenuePosition {
  if (level === null) return position;
  const { quantityBase, markPrice } = position;
  if (markPrice === null || decimal(markPrice).lte(zero))
    throw new VenueError('malformed_reply', `no mark of the position in ${position.symbol}`);
  return { ...position, liquidationPrice: crossLiquidationPrice(level, quantityBase, markPrice) };
}

function signed(size: DecimalText, side: string | undefined, symbol: string): DecimalText {
  if (decimal(size).eq(zero)) return '0';
  if (side === 'long') return size;
  if (side === 'short') return toText(decimal(size).times(decimal('-1')));
  throw new VenueError('malformed_reply', `the position in ${symbol} is neither long nor short`);
}

/** One-way position mode, cross margin and leverage for each perpetual; what is set already is success. */
export async function prepareAccount(
  exchange: ExactExchange,
  caller: VenueCaller,
  symbols: readonly string[],
  leverage: DecimalText,
): Promise<void> {
  for (const symbol of symbols) {
    if (servedMarket(exchange, caller.dialect, symbol).swap !== true) continue;
    if (caller.dialect.hasAccountModes) {
      await setting(caller, 'one-way position mode', () => exchange.setPositionMode(false, symbol));
      await setting(caller, 'cross margin', () => exchange.setMarginMode('cross', symbol));
    }
    await setting(caller, 'leverage', () => exchange.setLeverage(leverage, symbol));
  }
}

async function setting(caller: VenueCaller, what: string, call: () => Promise<unknown>): Promise<void> {
  const controller = new AbortController();
  const context = newCallContext(controller.signal);
  try {
    await withDeadline(runInCall(context, call), caller.deadlineMs, controller);
  } catch (error) {
    const failure = context.lastReply === null ? null : caller.dialect.failure(context.lastReply);
    if (failure !== null && caller.dialect.isNoChange(failure)) return;
    const { dialect, credentials, clock } = caller;
    throw toVenueError(error, { dialect, credentials, what, reply: context.lastReply, nowMs: clock.nowMs() });
  }
}
