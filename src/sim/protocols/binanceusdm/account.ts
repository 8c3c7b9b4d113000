/** Binance USDⓈ-M's account endpoints: balances, positions, settings, income. */
import { decimal, sum, toText } from '../../../domain/decimal.ts';
import type { Decimal } from '../../../domain/decimal.ts';
import { positionOf } from '../../funds.ts';
import type { SimAccount } from '../../state.ts';
import { accountOf } from '../../state.ts';
import type { ProtocolContext } from '../protocol.ts';
import { BinanceError } from './errors.ts';
import type { BinanceCall, BinanceHandler } from './parameters.ts';
import { chosenMarkets, integerOrNull, limitOf, oneOrAll, required, requiredMarket, timeWindow } from './parameters.ts';
import { assetView, incomeView, maximumNotional, positionView, positionViewV2 } from './views.ts';

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

export function accountHandlers(context: ProtocolContext): Readonly<Record<string, BinanceHandler>> {
  const { exchange } = context;
  const { state } = exchange;
  const me = (call: BinanceCall): SimAccount => accountOf(state, call.account);
  const assets = (account: SimAccount): Record<string, unknown>[] =>
    [...account.balances.keys()].map((currency) => assetView(state, account, currency));
  const positions = (call: BinanceCall, view: typeof positionView, all: boolean): unknown[] =>
    chosenMarkets(context, call)
      .filter(({ instrument }) => all || !positionOf(me(call), instrument.id).quantity.eq('0'))
      .map((market) => view(state, me(call), market));
  const account = (call: BinanceCall, view: typeof positionView, all: boolean): unknown => {
    const held = assets(me(call));
    return {
      ...totals(held),
      feeTier: 0,
      canTrade: true,
      canDeposit: true,
      canWithdraw: true,
      updateTime: 0,
      multiAssetsMargin: false,
      tradeGroupId: -1,
      assets: held,
      positions: positions({ ...call, params: {} }, view, all),
    };
  };
  const balances = (call: BinanceCall): unknown =>
    assets(me(call)).map((asset) => ({ accountAlias: 'sim', balance: asset['walletBalance'], ...asset }));
  return {
    'GET v2/account': (call) => account(call, positionViewV2, true),
    'GET v3/account': (call) => account(call, positionView, false),
    'GET v2/balance': balances,
    'GET v3/balance': balances,
    'GET v2/positionRisk': (call) => positions(call, positionViewV2, true),
    'GET v3/positionRisk': (call) => positions(call, positionView, false),
    'GET accountConfig': () => ({
      feeTier: 0,
      canTrade: true,
      canDeposit: true,
      canWithdraw: true,
      dualSidePosition: false,
      updateTime: 0,
      multiAssetsMargin: false,
      tradeGroupId: -1,
    }),
    'GET symbolConfig': (call) =>
      chosenMarkets(context, call).map((market) => {
        const { leverage, maxNotionalValue } = positionViewV2(state, me(call), market);
        const shown = { marginType: 'CROSSED', isAutoAddMargin: false, leverage: Number(leverage), maxNotionalValue };
        return { symbol: market.instrument.id, ...shown };
      }),
    'GET leverageBracket': (call) => oneOrAll({ ...call, params: {} }, brackets(context, call)),
    'POST leverage': (call) => {
      const market = requiredMarket(context, call);
      const leverage = Number(required(call, 'leverage'));
      const most = market.instrument.brackets[0]?.maximumLeverage ?? 1;
      if (!Number.isInteger(leverage) || leverage < 1 || leverage > most) {
        throw new BinanceError(-4028, `Leverage ${leverage} is not valid`);
      }
      exchange.setLeverage(call.account, market.instrument.id, leverage);
      return { leverage, maxNotionalValue: maximumNotional(me(call), market), symbol: market.instrument.id };
    },
    'POST marginType': (call) => {
      requiredMarket(context, call);
      const type = required(call, 'marginType');
      if (type === 'CROSSED') throw new BinanceError(-4046, 'No need to change margin type.');
      if (type !== 'ISOLATED') throw new BinanceError(-4048, 'Margin type cannot be changed.');
      throw new BinanceError(-4047, 'Margin type cannot be changed: this simulated exchange has cross margin only.');
    },
    'GET positionSide/dual': () => ({ dualSidePosition: false }),
    'POST positionSide/dual': (call) => {
      if (required(call, 'dualSidePosition') === 'false') {
        throw new BinanceError(-4059, 'No need to change position side.');
      }
      throw new BinanceError(-4068, 'Position side cannot be changed: this simulated exchange has one-way mode only.');
    },
    'GET multiAssetsMargin': () => ({ multiAssetsMargin: false }),
    'GET commissionRate': (call) => {
      const market = requiredMarket(context, call);
      const fees = exchange.feesOf(call.account, 'perpetual');
      return {
        symbol: market.instrument.id,
        makerCommissionRate: rateOf(fees.makerBps),
        takerCommissionRate: rateOf(fees.takerBps),
      };
    },
    'GET income': (call) => {
      const window = timeWindow({ ...call, params: { ...call.params, endTime: undefined } });
      const toMs = integerOrNull(call, 'endTime') ?? call.nowMs;
      const { symbol, incomeType } = call.params;
      const limit = limitOf(call, 100, 1000);
      const page = integerOrNull(call, 'page') ?? 1;
      const found = me(call).income.filter(
        (row) =>
          (symbol === undefined || row.instrument === symbol) &&
          (incomeType === undefined || row.type === incomeType) &&
          row.atMs >= window.oldestMs &&
          row.atMs <= toMs,
      );
      const shown =
        window.fromMs === null && call.params['page'] === undefined
          ? found.slice(-limit)
          : found.slice((page - 1) * limit, page * limit);
      return shown.map(incomeView);
    },
  };
}

function rateOf(bps: Decimal): string {
  return toText(bps.times(decimal('0.0001')));
}

function totals(assets: readonly Record<string, unknown>[]): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name of summed) {
    const total = toText(sum(assets.map((asset) => decimal(String(asset[name])))));
    result[`total${name.charAt(0).toUpperCase()}${name.slice(1)}`] = total;
  }
  const available = toText(sum(assets.map((asset) => decimal(String(asset['availableBalance'])))));
  return { ...result, availableBalance: available, maxWithdrawAmount: available };
}

function brackets(context: ProtocolContext, call: BinanceCall): unknown[] {
  return chosenMarkets(context, call).map(({ instrument }) => ({
    symbol: instrument.id,
    notionalCoef: 1,
    brackets: instrument.brackets.map((bracket, index) => ({
      bracket: index + 1,
      initialLeverage: bracket.maximumLeverage,
      notionalCap: Number(toText(bracket.notionalCap)),
      notionalFloor: Number(toText(bracket.notionalFloor)),
      maintMarginRatio: Number(toText(bracket.maintenanceRatio)),
      cum: Number(toText(bracket.cumulative)),
    })),
  }));
}
