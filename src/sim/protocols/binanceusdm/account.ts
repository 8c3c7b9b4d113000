/** Account endpoints of binance USDⓈ-M: balances, positions, fees, income. */
import { decimal, sum, toText } from '../../../domain/decimal.ts';
import type { Decimal } from '../../../domain/decimal.ts';
import { positionOf } from '../../exchange/funds.ts';
import type { SimAccount, SimIncome } from '../../exchange/state.ts';
import { accountOf } from '../../exchange/state.ts';
import type { BinanceCall, Endpoint, Endpoints } from '../binance-shared/call.ts';
import type { Limits } from '../binance-shared/limits.ts';
import {
  chosenMarkets,
  integerOrNull,
  limitOf,
  optional,
  requiredMarket,
  timeOrNull,
} from '../binance-shared/parameters.ts';
import { page } from '../binance-shared/window.ts';
import type { ProtocolContext } from '../protocol.ts';
import { adlQuantile } from './adl.ts';
import type { PositionView } from './position-views.ts';
import { assetView, positionView, positionViewV2 } from './position-views.ts';
import { incomeTypeName, incomeView } from './views.ts';

const summed = [
  'walletBalance',
  'unrealizedProfit',
  'marginBalance',
  'maintMargin',
  'initialMargin',
  'positionInitialMargin',
  'openOrderInitialMargin',
  'crossWalletBalance',
  'crossUnPnl',
] as const;

export function accountEndpoints(context: ProtocolContext, limits: Limits): Endpoints {
  const { exchange } = context;
  const me = (call: BinanceCall): SimAccount => accountOf(exchange.state, call.account);
  const assets = (account: SimAccount): Record<string, unknown>[] =>
    [...account.balances.keys()].map((currency) => assetView(exchange, account, currency));
  const positions = (call: BinanceCall, view: PositionView, all: boolean): unknown[] =>
    chosenMarkets(context, call)
      .filter(({ instrument }) => all || !positionOf(me(call), instrument.id).quantity.eq('0'))
      .map((market) => view(exchange, me(call), market));
  const account = (call: BinanceCall, view: PositionView, all: boolean): unknown => {
    const held = assets(me(call));
    return {
      ...totals(held),
      ...configuration(call),
      assets: held,
      positions: positions({ ...call, params: new Map() }, view, all),
    };
  };
  const balances = (call: BinanceCall): unknown =>
    assets(me(call)).map((asset) => ({ accountAlias: 'sim', balance: asset['walletBalance'], ...asset }));
  const read = (weight: number, handle: Endpoint['handle']): Endpoint => ({ access: 'read', weight, handle });
  return {
    'GET /fapi/v2/account': read(5, (call) => account(call, positionViewV2, true)),
    'GET /fapi/v3/account': read(5, (call) => account(call, positionView, false)),
    'GET /fapi/v2/balance': read(5, balances),
    'GET /fapi/v3/balance': read(5, balances),
    'GET /fapi/v2/positionRisk': read(5, (call) => positions(call, positionViewV2, true)),
    'GET /fapi/v3/positionRisk': read(5, (call) => positions(call, positionView, false)),
    'GET /fapi/v1/accountConfig': read(5, (call) => ({ ...configuration(call), dualSidePosition: false })),
    'GET /fapi/v1/commissionRate': read(20, (call) => {
      const fees = exchange.feesOf(call.account, 'perpetual');
      return {
        symbol: requiredMarket(context, call).instrument.id,
        makerCommissionRate: rateOf(fees.makerBps),
        takerCommissionRate: rateOf(fees.takerBps),
      };
    }),
    'GET /fapi/v1/income': read(30, (call) => incomeOf(me(call), call).map(incomeView)),
    'GET /fapi/v1/adlQuantile': read(5, (call) =>
      chosenMarkets(context, call).map((market) => {
        const quantile = adlQuantile(exchange, me(call), market);
        return { symbol: market.instrument.id, adlQuantile: { LONG: 0, SHORT: 0, BOTH: quantile } };
      }),
    ),
    'GET /fapi/v1/rateLimit/order': read(1, (call) => limits.orderCounts(call.account, call.wallMs)),
  };
}

function configuration({ credentials }: BinanceCall): Record<string, unknown> {
  return {
    feeTier: 0,
    canTrade: credentials?.permissions.has('trade') ?? false,
    canDeposit: true,
    canWithdraw: credentials?.permissions.has('withdraw') ?? false,
    updateTime: 0,
    multiAssetsMargin: false,
    tradeGroupId: -1,
  };
}

function rateOf(bps: Decimal): string {
  return toText(bps.times('0.0001'));
}

function totals(assets: readonly Record<string, unknown>[]): Record<string, string> {
  const total = (name: string): string => toText(sum(assets.map((asset) => decimal(String(asset[name])))));
  const named = summed.map((name) => [`total${name.charAt(0).toUpperCase()}${name.slice(1)}`, total(name)]);
  const available = total('availableBalance');
  return { ...Object.fromEntries(named), availableBalance: available, maxWithdrawAmount: available };
}

const weekMs = 7 * 86_400_000;

/** Oldest first. From a start or of a page: the oldest of them; otherwise the newest of the last seven days. */
function incomeOf(account: SimAccount, call: BinanceCall): readonly SimIncome[] {
  const fromMs = timeOrNull(call, 'startTime');
  const oldestMs = fromMs ?? call.nowMs - weekMs;
  const toMs = timeOrNull(call, 'endTime') ?? call.nowMs;
  const symbol = optional(call, 'symbol');
  const type = optional(call, 'incomeType');
  const limit = limitOf(call, 100, 1000);
  const pageNumber = Math.max(1, integerOrNull(call, 'page') ?? 1);
  const found = account.income.filter(
    (row) =>
      (symbol === undefined || row.instrument === symbol) &&
      (type === undefined || incomeTypeName(row) === type) &&
      row.atMs >= oldestMs &&
      row.atMs <= toMs,
  );
  const isPaged = fromMs !== null || optional(call, 'page') !== undefined;
  return isPaged ? found.slice((pageNumber - 1) * limit, pageNumber * limit) : page(found, limit, false);
}
