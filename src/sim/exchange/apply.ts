/** Events into state: the only writer of orders, balances, positions and records. */
import { decimal, zero } from '../../domain/decimal.ts';
import type { Decimal } from '../../domain/decimal.ts';
import type { HouseLevel } from './book.ts';
import { centreHouseBook, setHouseLevels } from './book.ts';
import type { OpenedOrder, OrderFilled, SimEvent, Transaction } from './events.ts';
import { positionAfterFill } from './position.ts';
import type { FundingDetail, IncomeType, SimAccount, SimMarket, SimOrder, VenueState } from './state.ts';
import { accountOf, marketOf, newAccount, orderOf, signedQuantity } from './state.ts';

const publicTradesKept = 1000;

export function applyTransaction(state: VenueState, transaction: Transaction): void {
  for (const event of transaction.events) applyEvent(state, event, transaction.atMs);
}

/** @throws Error when the event does not fit the state: the journal is not of this state. */
export function applyEvent(state: VenueState, event: SimEvent, atMs: number): void {
  state.lastEventAtMs = atMs;
  switch (event.kind) {
    case 'account_opened': {
      const account = newAccount(event.account, state.rules.defaultLeverage);
      for (const [currency, amount] of Object.entries(event.balances)) account.balances.set(currency, decimal(amount));
      state.accounts.set(event.account, account);
      return;
    }
    case 'balance_adjusted': {
      const account = accountOf(state, event.account);
      addBalance(account, event.currency, decimal(event.amount));
      addIncome(state, account, 'TRANSFER', '', event.currency, decimal(event.amount), '', atMs);
      return;
    }
    case 'order_opened':
      openOrder(state, event.order, atMs);
      return;
    case 'order_filled':
      fillOrder(state, event, atMs);
      return;
    case 'order_done': {
      const order = orderOf(state, event.orderId);
      order.status = event.status;
      order.doneReason = event.reason;
      order.updatedAtMs = atMs;
      accountOf(state, order.account).openOrders.delete(order);
      removeResting(marketOf(state, order.instrument.id), order);
      return;
    }
    case 'funding_settled':
      for (const payment of event.payments) {
        const account = accountOf(state, payment.account);
        const { quote } = marketOf(state, event.instrument).instrument;
        const amount = decimal(payment.amount);
        const position = account.positions.get(event.instrument);
        const quantity = position?.quantity ?? zero;
        if (position !== undefined) position.fundedToMs = atMs;
        const detail = { quantity, markPrice: decimal(event.markPrice), rate: decimal(event.rate) };
        addBalance(account, quote, amount);
        addIncome(state, account, 'FUNDING_FEE', event.instrument, quote, amount, '', atMs, detail);
      }
      return;
    case 'leverage_set':
      accountOf(state, event.account).leverage.set(event.instrument, event.leverage);
      return;
    case 'levels_set': {
      const market = marketOf(state, event.instrument);
      const centre = decimal(event.centre);
      if (event.bids === null || event.asks === null) {
        centreHouseBook(market.house, centre, market.instrument, market.model);
      } else {
        setHouseLevels(market.house, centre, event.bids.map(houseLevel), event.asks.map(houseLevel));
      }
      market.lastPrice = centre;
      market.scriptedAtMs = atMs;
      return;
    }
    case 'marks_set': {
      const market = marketOf(state, event.instrument);
      if (event.mark !== undefined) market.scriptedMark = event.mark === null ? null : decimal(event.mark);
      if (event.index !== undefined) market.scriptedIndex = event.index === null ? null : decimal(event.index);
      return;
    }
    case 'funding_interval_set':
      marketOf(state, event.instrument).fundingChanges.push({ fromMs: atMs, hours: event.hours });
      return;
    case 'income_booked': {
      const { type, instrument, currency } = event;
      const amount = decimal(event.amount);
      const account = accountOf(state, event.account);
      addBalance(account, currency, amount);
      addIncome(state, account, type, instrument, currency, amount, '', atMs);
      if (type !== 'INTEREST') {
        state.insuranceFund.set(currency, (state.insuranceFund.get(currency) ?? zero).minus(amount));
      }
      return;
    }
    case 'lending_set':
      if (event.isLent) state.recalled.delete(event.currency);
      else state.recalled.add(event.currency);
      return;
    case 'tape_stopped':
      state.tapeStopped = true;
  }
}

function houseLevel([price, quantity]: readonly [string, string]): HouseLevel {
  return { price: decimal(price), quantity: decimal(quantity) };
}

function openOrder(state: VenueState, opened: OpenedOrder, atMs: number): void {
  const market = marketOf(state, opened.instrument);
  const account = accountOf(state, opened.account);
  state.orderCount += 1;
  const order: SimOrder = {
    ...opened,
    sequence: state.orderCount,
    instrument: market.instrument,
    price: opened.price === null ? null : decimal(opened.price),
    quantity: decimal(opened.quantity),
    origin: opened.origin ?? 'user',
    feeIn: opened.feeIn ?? null,
    borrow: opened.borrow ?? false,
    createdAtMs: atMs,
    updatedAtMs: atMs,
    status: 'open',
    doneReason: '',
    filledBase: zero,
    filledQuote: zero,
    feePaid: zero,
    feeCurrency: null,
    hiddenUntilMs: 0,
  };
  state.orders.set(order.id, order);
  account.orders.push(order);
  account.openOrders.add(order);
  if (order.clientOrderId !== '') account.byClientId.set(order.clientOrderId, order);
  if (order.type === 'limit' && (order.timeInForce === 'gtc' || order.timeInForce === 'post_only')) {
    insertResting(market, order);
  }
}

function fillOrder(state: VenueState, fill: OrderFilled, atMs: number): void {
  const order = orderOf(state, fill.orderId);
  const account = accountOf(state, order.account);
  const market = marketOf(state, order.instrument.id);
  const price = decimal(fill.price);
  const quantityBase = decimal(fill.quantity);
  const fee = decimal(fill.fee);
  const realised = decimal(fill.realised);
  const value = price.times(quantityBase);
  if (fill.role === 'maker') market.restingRevision += 1;
  order.filledBase = order.filledBase.plus(quantityBase);
  order.filledQuote = order.filledQuote.plus(value);
  order.feePaid = order.feePaid.plus(fee);
  order.feeCurrency = fill.feeCurrency;
  order.updatedAtMs = atMs;
  if (order.instrument.kind === 'spot') {
    const sign = order.side === 'buy' ? quantityBase : quantityBase.neg();
    addBalance(account, order.instrument.base, sign);
    addBalance(account, order.instrument.quote, order.side === 'buy' ? value.neg() : value);
    addBalance(account, fill.feeCurrency, fee.neg());
  } else {
    const { id, quote } = order.instrument;
    const heldBefore = account.positions.get(id)?.quantity ?? zero;
    movePosition(account, order, quantityBase, price, atMs);
    addBalance(account, quote, realised.minus(fee));
    const record = (type: IncomeType, amount: Decimal, funding: FundingDetail | null = null): void =>
      addIncome(state, account, type, id, quote, amount, fill.tradeId, atMs, funding);
    if (!realised.eq(zero)) record('REALIZED_PNL', realised);
    if (!fee.eq(zero)) record('COMMISSION', fee.neg());
    if (fill.funding !== undefined) {
      const { amount, rate, markPrice } = fill.funding;
      addBalance(account, quote, decimal(amount));
      const detail = { quantity: heldBefore, markPrice: decimal(markPrice), rate: decimal(rate) };
      record('FUNDING_FEE', decimal(amount), detail);
    }
  }
  state.tradeCount += 1;
  account.trades.push({
    sequence: account.trades.length + 1,
    tradeId: fill.tradeId,
    order,
    price,
    quantityBase,
    role: fill.role,
    fee,
    feeCurrency: fill.feeCurrency,
    realised,
    counterparty: fill.counterparty,
    executedAtMs: atMs,
  });
  if (fill.offBook === true) return;
  market.lastPrice = price;
  if (fill.role === 'taker' || fill.counterparty === 'house') {
    const takerSide = (fill.role === 'taker') === (order.side === 'buy') ? 'buy' : 'sell';
    market.publicTrades.push({ id: fill.tradeId, price, quantityBase, takerSide, atMs });
    if (market.publicTrades.length > publicTradesKept) market.publicTrades.shift();
  }
}

function movePosition(account: SimAccount, order: SimOrder, quantity: Decimal, price: Decimal, atMs: number): void {
  const id = order.instrument.id;
  const { quantity: held, entryNotional } = account.positions.get(id) ?? { quantity: zero, entryNotional: zero };
  const after = positionAfterFill(held, entryNotional, signedQuantity(order.side, quantity), price);
  const times = { updatedAtMs: atMs, fundedToMs: atMs };
  account.positions.set(id, { quantity: after.quantity, entryNotional: after.entryNotional, ...times });
}

function addBalance(account: SimAccount, currency: string, amount: Decimal): void {
  account.balances.set(currency, (account.balances.get(currency) ?? zero).plus(amount));
}

function addIncome(
  state: VenueState,
  account: SimAccount,
  type: IncomeType,
  instrument: string,
  currency: string,
  amount: Decimal,
  tradeId: string,
  atMs: number,
  funding: FundingDetail | null = null,
): void {
  state.incomeCount += 1;
  account.income.push({ id: String(state.incomeCount), type, instrument, currency, amount, tradeId, atMs, funding });
}

function restingSide(market: SimMarket, order: SimOrder): SimOrder[] {
  return order.side === 'buy' ? market.restingBids : market.restingAsks;
}

function insertResting(market: SimMarket, order: SimOrder): void {
  const resting = restingSide(market, order);
  const price = order.price ?? zero;
  const goesBefore = ({ price: other }: SimOrder): boolean =>
    order.side === 'buy' ? price.gt(other ?? zero) : price.lt(other ?? zero);
  const index = resting.findIndex(goesBefore);
  resting.splice(index < 0 ? resting.length : index, 0, order);
  market.restingRevision += 1;
}

function removeResting(market: SimMarket, order: SimOrder): void {
  const resting = restingSide(market, order);
  const index = resting.indexOf(order);
  if (index < 0) return;
  resting.splice(index, 1);
  market.restingRevision += 1;
}
