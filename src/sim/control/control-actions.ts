/** What the control API can do to a venue: `POST /venues/V/<action>`. */
import type { Decimal } from '../../domain/decimal.ts';
import { floorToStep, toText, zero } from '../../domain/decimal.ts';
import type { Body } from './control-body.ts';
import { amount, ControlError, levels, signedAmount, text, whole } from './control-body.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { nextSettlementMs } from '../exchange/funding.ts';
import type { SimMarket, SimOrder } from '../exchange/state.ts';

type Action = (exchange: Exchange, body: Body) => unknown;

const actions: ReadonlyMap<string, Action> = new Map([
  ['prices', setPrices],
  ['marks', setMarks],
  ['balances', adjustBalance],
  ['funding', setFundingInterval],
  ['deleverage', deleverage],
  ['liquidate', liquidate],
  ['lending', setLending],
]);

/** @throws ControlError that names what is wrong */
export function changeVenue(exchange: Exchange, name: string, body: Body): unknown {
  const action = actions.get(name);
  if (action === undefined) throw new ControlError(404, `no such action: ${name}`);
  return action(exchange, body);
}

function setPrices(exchange: Exchange, body: Body): unknown {
  const market = marketIn(exchange, body);
  const bids = levels(body, 'bids');
  const asks = levels(body, 'asks');
  if ((bids === null) !== (asks === null)) throw new ControlError(400, 'bids and asks: give both or neither');
  exchange.setLevels(market.instrument.id, amount(body, 'centre'), bids, asks);
  return { centre: shown(market.house.centre) };
}

function setMarks(exchange: Exchange, body: Body): unknown {
  const market = perpetualIn(exchange, body);
  const mark = priceOrNull(body, 'mark');
  const index = priceOrNull(body, 'index');
  exchange.setMarks(market.instrument.id, {
    ...(mark === undefined ? {} : { mark }),
    ...(index === undefined ? {} : { index }),
  });
  return { mark: shown(exchange.markPrice(market)), index: shown(exchange.indexPrice(market)) };
}

/** @returns the interval and the settlement that comes next */
function setFundingInterval(exchange: Exchange, body: Body): unknown {
  const market = perpetualIn(exchange, body);
  exchange.setFundingInterval(market.instrument.id, whole(body, 'intervalHours', 1, 24));
  const series = exchange.fundingOf(market);
  if (series === null) throw new ControlError(400, 'symbol: has no funding');
  return {
    intervalHours: series.intervalHours,
    nextSettlementAtMs: nextSettlementMs(series, exchange.clock.marketMs()),
  };
}

function adjustBalance(exchange: Exchange, body: Body): unknown {
  exchange.adjustBalance(accountIn(exchange, body), text(body, 'currency'), signedAmount(body, 'amount'));
  return {};
}

/** Calls a coin back, or lends it again. */
function setLending(exchange: Exchange, body: Body): unknown {
  const currency = text(body, 'currency');
  if (exchange.state.rules.borrow?.hourlyRates[currency] === undefined) {
    throw new ControlError(400, `currency: the venue never lends ${currency}`);
  }
  const lent = body['lent'];
  if (typeof lent !== 'boolean') throw new ControlError(400, 'lent: must be true or false');
  exchange.setLending(currency, lent);
  return { lent };
}

function deleverage(exchange: Exchange, body: Body): unknown {
  const { instrument } = perpetualIn(exchange, body);
  const quantity = body['quantity'] === undefined ? null : amount(body, 'quantity');
  if (quantity !== null && (quantity.lte(zero) || !floorToStep(quantity, instrument.quantityStep).eq(quantity))) {
    throw new ControlError(400, `quantity: must be a multiple of ${toText(instrument.quantityStep)} base units`);
  }
  return closing(exchange.deleverage(accountIn(exchange, body), instrument.id, quantity));
}

function liquidate(exchange: Exchange, body: Body): unknown {
  return closing(exchange.liquidate(accountIn(exchange, body), perpetualIn(exchange, body).instrument.id));
}

/** The order by which the venue took the position, or part of it. */
function closing(order: SimOrder | null): unknown {
  if (order === null) throw new ControlError(400, 'symbol: the account has no position in it');
  return { orderId: order.id, side: order.side, filledBase: toText(order.filledBase) };
}

function accountIn(exchange: Exchange, body: Body): string {
  const account = text(body, 'account');
  if (!exchange.state.accounts.has(account)) throw new ControlError(400, `account: no such account: ${account}`);
  return account;
}

/** By unified symbol or by the venue's own id. */
function marketIn(exchange: Exchange, body: Body): SimMarket {
  const symbol = text(body, 'symbol');
  for (const market of exchange.state.markets.values()) {
    if (market.instrument.symbol === symbol || market.instrument.id === symbol) return market;
  }
  throw new ControlError(400, `symbol: not listed: ${symbol}`);
}

function perpetualIn(exchange: Exchange, body: Body): SimMarket {
  const market = marketIn(exchange, body);
  if (market.instrument.kind === 'spot') throw new ControlError(400, 'symbol: must be a perpetual');
  return market;
}

/** Undefined when absent. */
function priceOrNull(body: Body, name: string): Decimal | null | undefined {
  const value = body[name];
  if (value === undefined || value === null) return value;
  const price = amount(body, name);
  if (price.lte(zero)) throw new ControlError(400, `${name}: must be above zero, or null`);
  return price;
}

function shown(price: Decimal | null): string | null {
  return price === null ? null : toText(price);
}
