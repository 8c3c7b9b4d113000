/** `GET /v5/execution/list`: trades, and with contracts also funding payments, newest first. */
import type { SimAccount, SimIncome, SimTrade } from '../../exchange/state.ts';
import { accountOf } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { BybitHandler, Category, Params } from './call.ts';
import { parameterError } from './errors.ts';
import { execTypes, fundingView, tradeView } from './execution-view.ts';
import { categoryOf, wireSymbol } from './instruments.ts';
import { page, requiredCategory, timeWindow, within } from './parameters.ts';
import { effectOf } from './trade-history.ts';

interface Row {
  /** Counts all of the account's executions, oldest first: the cursor. */
  readonly number: number;
  readonly atMs: number;
  readonly execType: string;
  readonly symbol: string;
  readonly category: Category;
}

type Execution = Row &
  ({ readonly kind: 'trade'; readonly trade: SimTrade } | { readonly kind: 'funding'; readonly income: SimIncome });

const knownTypes = ['Trade', 'AdlTrade', 'Funding', 'BustTrade', 'Delivery', 'Settle', 'BlockTrade', 'MovePosition'];

export function executionHandlers(context: ProtocolContext): Readonly<Record<string, BybitHandler>> {
  return {
    'GET /v5/execution/list': (call) => {
      const category = requiredCategory(call);
      const window = timeWindow(call);
      const execType = call.params.get('execType');
      if (execType !== undefined && !knownTypes.includes(execType)) throw parameterError('execType is invalid');
      const account = accountOf(context.exchange.state, call.account);
      const visible = new Set(context.exchange.viewOf(call.account).trades);
      const rows = executions(context, account)
        .filter((row) => row.category === category && within(row.atMs, window) && matches(call.params, row))
        .filter((row) => row.kind === 'funding' || visible.has(row.trade))
        .toReversed();
      const view = (row: Execution): unknown =>
        row.kind === 'trade' ? tradeView(row.trade, effectOf(account, row.trade)) : fundingView(row.income, row.symbol);
      return { category, ...page(call, rows, { usual: 50, most: 100, keyOf: ({ number }) => number, view }) };
    },
  };
}

function matches(params: Params, row: Execution): boolean {
  const order = row.kind === 'trade' ? row.trade.order : null;
  const agrees = (name: string, value: string | undefined): boolean => (params.get(name) ?? value) === value;
  return (
    agrees('execType', row.execType) &&
    agrees('symbol', row.symbol) &&
    agrees('orderId', order?.id) &&
    agrees('orderLinkId', order?.clientOrderId) &&
    (order === null || agrees('baseCoin', order.instrument.base))
  );
}

/** Oldest first. A funding payment comes before the trades of the same moment. */
function executions(context: ProtocolContext, account: SimAccount): Execution[] {
  const { markets } = context.exchange.state;
  const rows: Execution[] = [];
  const payments = account.income.filter(({ type }) => type === 'FUNDING_FEE');
  let paid = 0;
  const addFunding = (untilMs: number): void => {
    for (let income = payments[paid]; income !== undefined && income.atMs <= untilMs; income = payments[paid]) {
      paid += 1;
      const market = markets.get(income.instrument);
      const symbol = market === undefined ? income.instrument : wireSymbol(market.instrument);
      const row = { number: rows.length + 1, atMs: income.atMs, execType: 'Funding', symbol };
      rows.push({ kind: 'funding', ...row, category: 'linear', income });
    }
  };
  for (const trade of account.trades) {
    addFunding(trade.executedAtMs);
    const { instrument, origin } = trade.order;
    rows.push({
      kind: 'trade',
      number: rows.length + 1,
      atMs: trade.executedAtMs,
      execType: execTypes[origin],
      symbol: wireSymbol(instrument),
      category: categoryOf(instrument),
      trade,
    });
  }
  addFunding(Infinity);
  return rows;
}
