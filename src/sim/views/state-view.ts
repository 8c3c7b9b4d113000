/** The whole state of an exchange as plain JSON, for the control API: what a checker compares a ledger with. */
import type { Decimal } from '../../domain/decimal.ts';
import { toText, zero } from '../../domain/decimal.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { heldBalance } from '../exchange/funds.ts';
import type { SimAccount, SimIncome, SimMarket, SimOrder, SimTrade, VenueState } from '../exchange/state.ts';

export function stateView(exchange: Exchange): Record<string, unknown> {
  const accounts = [...exchange.state.accounts.values()];
  return {
    orders: accounts.flatMap((account) => account.orders.map(orderView)),
    trades: accounts.flatMap((account) => account.trades.map((trade) => tradeView(account, trade))),
    balances: accounts.flatMap((account) => balanceViews(exchange.state, account)),
    positions: accounts.flatMap(positionViews),
    income: accounts.flatMap((account) => account.income.map((income) => incomeView(account, income))),
    insurance: [...exchange.state.insuranceFund].map(([currency, amount]) => ({ currency, amount: toText(amount) })),
    prices: [...exchange.state.markets.values()].map((market) => priceView(exchange, market)),
  };
}

function priceView(exchange: Exchange, market: SimMarket): Record<string, unknown> {
  const { instrument, house } = market;
  const text = (price: Decimal | null): string | null => (price === null ? null : toText(price));
  return {
    symbol: instrument.symbol,
    centre: text(house.centre),
    ...(instrument.kind === 'spot'
      ? {}
      : { mark: text(exchange.markPrice(market)), index: text(exchange.indexPrice(market)) }),
    bids: house.bids.map((level) => [toText(level.price), toText(level.quantity)]),
    asks: house.asks.map((level) => [toText(level.price), toText(level.quantity)]),
  };
}

function orderView(order: SimOrder): Record<string, unknown> {
  return {
    account: order.account,
    id: order.id,
    clientOrderId: order.clientOrderId,
    symbol: order.instrument.symbol,
    side: order.side,
    type: order.type,
    timeInForce: order.timeInForce,
    price: order.price === null ? null : toText(order.price),
    quantity: toText(order.quantity),
    quantityUnit: order.quantityUnit,
    reduceOnly: order.reduceOnly,
    borrow: order.borrow,
    origin: order.origin,
    status: order.status,
    reason: order.doneReason,
    filledBase: toText(order.filledBase),
    filledQuote: toText(order.filledQuote),
    createdAtMs: order.createdAtMs,
    updatedAtMs: order.updatedAtMs,
  };
}

function tradeView(account: SimAccount, trade: SimTrade): Record<string, unknown> {
  return {
    account: account.name,
    tradeId: trade.tradeId,
    orderId: trade.order.id,
    clientOrderId: trade.order.clientOrderId,
    symbol: trade.order.instrument.symbol,
    side: trade.order.side,
    price: toText(trade.price),
    quantityBase: toText(trade.quantityBase),
    role: trade.role,
    fee: toText(trade.fee),
    feeCurrency: trade.feeCurrency,
    realised: toText(trade.realised),
    counterparty: trade.counterparty,
    executedAtMs: trade.executedAtMs,
  };
}

function balanceViews(state: VenueState, account: SimAccount): Record<string, unknown>[] {
  return [...account.balances.entries()].map(([currency, total]) => ({
    account: account.name,
    currency,
    total: toText(total),
    held: toText(heldBalance(state, account, currency)),
  }));
}

function positionViews(account: SimAccount): Record<string, unknown>[] {
  return [...account.positions.entries()]
    .filter(([, position]) => !position.quantity.eq(zero))
    .map(([instrument, position]) => ({
      account: account.name,
      instrument,
      quantityBase: toText(position.quantity),
      entryNotional: toText(position.entryNotional),
    }));
}

function incomeView(account: SimAccount, income: SimIncome): Record<string, unknown> {
  return {
    account: account.name,
    id: income.id,
    type: income.type,
    instrument: income.instrument,
    currency: income.currency,
    amount: toText(income.amount),
    tradeId: income.tradeId,
    atMs: income.atMs,
  };
}
