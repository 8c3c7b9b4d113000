/** A perpetual position of the one-way, cross-margined account in bybit v5's fields. */
import type { Decimal } from '../../../domain/decimal.ts';
import { decimal, divide, roundTo, sum, toText, zero } from '../../../domain/decimal.ts';
import { accountLiquidationPrice, leverageOf, positionOf } from '../../exchange/funds.ts';
import { bracketOf, maintenanceMargin, moneyPlaces, unrealised } from '../../exchange/position.ts';
import type { SimAccount, SimMarket } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import { wireSymbol } from './instruments.ts';
import { tradeHistory } from './trade-history.ts';

export function positionView(
  context: ProtocolContext,
  account: SimAccount,
  market: SimMarket,
): Record<string, unknown> {
  const { instrument } = market;
  const position = positionOf(account, instrument.id);
  const isFlat = position.quantity.eq(zero);
  const life = tradeHistory(account).positions.get(instrument.id);
  const openedAtMs = isFlat ? Infinity : (life?.openedAtMs ?? position.updatedAtMs);
  const tier = bracketOf(instrument.brackets, position.entryNotional.abs());
  return {
    positionIdx: 0,
    riskId: instrument.brackets.indexOf(tier) + 1,
    riskLimitValue: toText(tier.notionalCap),
    symbol: wireSymbol(instrument),
    side: isFlat ? '' : position.quantity.gt(zero) ? 'Buy' : 'Sell',
    size: toText(position.quantity.abs()),
    avgPrice: isFlat ? '0' : toText(divide(position.entryNotional, position.quantity, moneyPlaces, 'half_up')),
    positionValue: isFlat ? '' : toText(position.entryNotional.abs()),
    tradeMode: 0,
    positionStatus: 'Normal',
    autoAddMargin: 0,
    adlRankIndicator: 0,
    leverage: String(leverageOf(account, instrument.id)),
    positionBalance: '0',
    ...marginFields(context, account, market),
    bustPrice: '',
    tpslMode: 'Full',
    takeProfit: '',
    stopLoss: '',
    trailingStop: '0',
    sessionAvgPrice: '',
    curRealisedPnl: toText(realisedSince(account, instrument.id, openedAtMs)),
    cumRealisedPnl: toText(realisedSince(account, instrument.id, 0)),
    isReduceOnly: false,
    mmrSysUpdatedTime: '',
    leverageSysUpdatedTime: '',
    createdTime: isFlat ? '' : String(openedAtMs),
    updatedTime: isFlat && position.updatedAtMs === 0 ? '' : String(position.updatedAtMs),
    seq: isFlat ? -1 : account.trades.length,
  };
}

function marginFields(context: ProtocolContext, account: SimAccount, market: SimMarket): Record<string, unknown> {
  const { instrument } = market;
  const { quantity, entryNotional } = positionOf(account, instrument.id);
  const mark = context.exchange.markPrice(market);
  if (mark === null || quantity.eq(zero)) {
    const markPrice = mark === null ? '' : toText(mark);
    return { markPrice, liqPrice: '', positionIM: '', positionMM: '', unrealisedPnl: '' };
  }
  const notional = quantity.times(mark).abs();
  const leverage = decimal(String(leverageOf(account, instrument.id)));
  const liquidation = accountLiquidationPrice(context.exchange.state, account, instrument.id);
  return {
    markPrice: toText(mark),
    liqPrice: liquidation.eq(zero) ? '' : toText(liquidation),
    positionIM: toText(divide(notional, leverage, moneyPlaces, 'up')),
    positionMM: toText(maintenanceMargin(instrument.brackets, notional)),
    unrealisedPnl: toText(roundTo(unrealised(quantity, entryNotional, mark), moneyPlaces, 'half_up')),
  };
}

/** Profit, fees and funding of an instrument from a market time on. */
function realisedSince(account: SimAccount, instrument: string, fromMs: number): Decimal {
  return sum(
    account.income.filter((row) => row.instrument === instrument && row.atMs >= fromMs).map((row) => row.amount),
  );
}
