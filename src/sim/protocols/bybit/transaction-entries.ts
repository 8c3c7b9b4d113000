/** Every change of an account's wallet as a row of bybit v5's transaction log: change = cashFlow + funding − fee. */
import type { Decimal } from '../../../domain/decimal.ts';
import { toText, zero } from '../../../domain/decimal.ts';
import type { SimAccount, SimIncome, SimTrade } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import { feeRate } from './execution-view.ts';
import { categoryOf, wireSymbol } from './instruments.ts';
import { sideName } from './order-view.ts';
import { effectOf } from './trade-history.ts';

export interface LogEntry {
  readonly atMs: number;
  readonly currency: string;
  readonly change: Decimal;
  readonly type: string;
  readonly category: string;
  readonly baseCoin: string;
  /** Null when the trade is not shown yet. */
  readonly trade: SimTrade | null;
  readonly view: Readonly<Record<string, unknown>>;
}

/** Oldest first; what happened at one moment in the order funding and transfers, then trades. */
export function logEntries(context: ProtocolContext, account: SimAccount): LogEntry[] {
  const rows: LogEntry[] = [];
  // Profit and fees of a trade are in the trade's own row.
  const income = account.income.filter(({ type }) => type !== 'REALIZED_PNL' && type !== 'COMMISSION');
  let used = 0;
  const addIncome = (untilMs: number): void => {
    for (let row = income[used]; row !== undefined && row.atMs <= untilMs; row = income[used]) {
      used += 1;
      rows.push(incomeEntry(context, row));
    }
  };
  for (const trade of account.trades) {
    addIncome(trade.executedAtMs);
    rows.push(...(trade.order.instrument.kind === 'spot' ? spotEntries(trade) : [contractEntry(account, trade)]));
  }
  addIncome(Infinity);
  return rows;
}

function incomeEntry(context: ProtocolContext, row: SimIncome): LogEntry {
  const instrument = context.exchange.state.markets.get(row.instrument)?.instrument ?? null;
  const isFunding = row.type === 'FUNDING_FEE';
  const detail = row.funding;
  return {
    atMs: row.atMs,
    currency: row.currency,
    change: row.amount,
    type: incomeType(row),
    category: instrument === null ? '' : categoryOf(instrument),
    baseCoin: instrument?.base ?? '',
    trade: null,
    view: {
      id: `income-${row.id}`,
      symbol: instrument === null ? '' : wireSymbol(instrument),
      side: detail === null ? 'None' : detail.quantity.gt(zero) ? 'Buy' : 'Sell',
      qty: toText(detail?.quantity.abs() ?? zero),
      size: toText(detail?.quantity ?? zero),
      tradePrice: detail === null ? '' : toText(detail.markPrice),
      funding: isFunding ? toText(row.amount) : '',
      fee: '0',
      cashFlow: isFunding ? '0' : toText(row.amount),
      feeRate: detail === null ? '' : toText(detail.rate),
      tradeId: isFunding ? `funding-${row.id}` : '',
      orderId: '',
      orderLinkId: '',
    },
  };
}

function incomeType({ type, amount }: SimIncome): string {
  switch (type) {
    case 'FUNDING_FEE':
      return 'SETTLEMENT';
    case 'TRANSFER':
      return amount.lt(zero) ? 'TRANSFER_OUT' : 'TRANSFER_IN';
    case 'LIQUIDATION_FEE':
    case 'INSURANCE_CLEAR':
      return 'LIQUIDATION';
    case 'INTEREST':
      return 'INTEREST';
    case 'REALIZED_PNL':
    case 'COMMISSION':
      return 'TRADE';
  }
}

const tradeTypes = { user: 'TRADE', liquidation: 'LIQUIDATION', adl: 'ADL' } as const;

function tradeFields(trade: SimTrade): Readonly<Record<string, unknown>> {
  const { order } = trade;
  return {
    symbol: wireSymbol(order.instrument),
    side: sideName(order),
    tradePrice: toText(trade.price),
    funding: '',
    tradeId: trade.tradeId,
    orderId: order.id,
    orderLinkId: order.clientOrderId,
  };
}

/** A row for each coin. */
function spotEntries(trade: SimTrade): LogEntry[] {
  const { order } = trade;
  const { base, quote } = order.instrument;
  const value = trade.quantityBase.times(trade.price);
  const isBuy = order.side === 'buy';
  const flows: readonly (readonly [string, Decimal])[] = [
    [base, isBuy ? trade.quantityBase : trade.quantityBase.neg()],
    [quote, isBuy ? value.neg() : value],
  ];
  return flows.map(([currency, flow]) => {
    const fee = trade.feeCurrency === currency ? trade.fee : zero;
    return {
      atMs: trade.executedAtMs,
      currency,
      change: flow.minus(fee),
      type: tradeTypes[order.origin],
      category: 'spot',
      baseCoin: base,
      trade,
      view: {
        ...tradeFields(trade),
        id: `${trade.tradeId}-${currency}`,
        qty: toText(flow),
        size: '',
        fee: toText(fee),
        feeRate: feeRate(fee, flow.abs()),
        cashFlow: toText(flow),
      },
    };
  });
}

function contractEntry(account: SimAccount, trade: SimTrade): LogEntry {
  const { instrument, origin } = trade.order;
  return {
    atMs: trade.executedAtMs,
    currency: instrument.quote,
    change: trade.realised.minus(trade.fee),
    type: tradeTypes[origin],
    category: 'linear',
    baseCoin: instrument.base,
    trade,
    view: {
      ...tradeFields(trade),
      id: trade.tradeId,
      qty: toText(trade.quantityBase),
      size: toText(effectOf(account, trade)?.sizeAfter ?? zero),
      fee: toText(trade.fee),
      feeRate: feeRate(trade.fee, trade.quantityBase.times(trade.price)),
      cashFlow: toText(trade.realised),
    },
  };
}
