/** Binance spot's account endpoints: balances, commissions, limits. */
import type { Decimal } from '../../../domain/decimal.ts';
import { approximate, decimal, toText, zero } from '../../../domain/decimal.ts';
import { freeBalance, heldBalance } from '../../exchange/funds.ts';
import type { SimMarket } from '../../exchange/state.ts';
import { accountOf } from '../../exchange/state.ts';
import type { BinanceCall, Endpoints } from '../binance-shared/call.ts';
import type { Limits } from '../binance-shared/limits.ts';
import { chosenMarkets, flag, requiredMarket } from '../binance-shared/parameters.ts';
import type { ProtocolContext } from '../protocol.ts';
import { fraction, padded } from './views.ts';

const none = '0.00000000';

export function accountEndpoints(context: ProtocolContext, limits: Limits): Endpoints {
  const { exchange } = context;
  return {
    'GET /api/v3/account': { access: 'read', weight: 20, handle: (call) => accountView(context, call) },
    'GET /api/v3/account/commission': {
      access: 'read',
      weight: 20,
      handle: (call) => {
        const { instrument } = requiredMarket(context, call);
        const fees = exchange.feesOf(call.account, 'spot');
        const free = { maker: none, taker: none, buyer: none, seller: none };
        return {
          symbol: instrument.id,
          standardCommission: { ...free, maker: fraction(fees.makerBps), taker: fraction(fees.takerBps) },
          specialCommission: free,
          taxCommission: free,
          discount: { enabledForAccount: false, enabledForSymbol: false, discountAsset: 'BNB', discount: none },
        };
      },
    },
    'GET /api/v3/rateLimit/order': {
      access: 'read',
      weight: 40,
      handle: (call) => limits.orderCounts(call.account, call.wallMs),
    },
    'GET /sapi/v1/asset/tradeFee': {
      access: 'read',
      weight: 1,
      handle: (call) => {
        const fees = exchange.feesOf(call.account, 'spot');
        return chosenMarkets(context, call).map(({ instrument }) => ({
          symbol: instrument.id,
          makerCommission: toText(fees.makerBps.times('0.0001')),
          takerCommission: toText(fees.takerBps.times('0.0001')),
        }));
      },
    },
  };
}

function accountView(context: ProtocolContext, call: BinanceCall): Record<string, unknown> {
  const { exchange } = context;
  const fees = exchange.feesOf(call.account, 'spot');
  const trades = call.credentials?.permissions.has('trade') ?? false;
  const rows = balanceRows(context, call.account, currenciesOf(context, call.account));
  return {
    makerCommission: wholeBps(fees.makerBps),
    takerCommission: wholeBps(fees.takerBps),
    buyerCommission: 0,
    sellerCommission: 0,
    commissionRates: { maker: fraction(fees.makerBps), taker: fraction(fees.takerBps), buyer: none, seller: none },
    canTrade: trades,
    canWithdraw: call.credentials?.permissions.has('withdraw') ?? false,
    canDeposit: true,
    brokered: false,
    requireSelfTradePrevention: false,
    preventSor: false,
    updateTime: exchange.state.lastEventAtMs ?? 0,
    accountType: 'SPOT',
    balances: flag(call, 'omitZeroBalances') ? rows.filter((row) => !isEmpty(row)) : rows,
    permissions: ['SPOT'],
    uid: 1,
  };
}

function wholeBps(bps: Decimal): number {
  return Math.round(approximate(bps));
}

interface BalanceRow {
  readonly asset: string;
  readonly free: string;
  readonly locked: string;
}

export function balanceRows(context: ProtocolContext, account: string, currencies: Iterable<string>): BalanceRow[] {
  const { state } = context.exchange;
  const holder = accountOf(state, account);
  return [...currencies].map((currency) => ({
    asset: currency,
    free: padded(freeBalance(state, holder, currency)),
    locked: padded(heldBalance(state, holder, currency)),
  }));
}

function isEmpty({ free, locked }: BalanceRow): boolean {
  return decimal(free).eq(zero) && decimal(locked).eq(zero);
}

function currenciesOf(context: ProtocolContext, account: string): Set<string> {
  const { state } = context.exchange;
  const traded = [...state.markets.values()].flatMap(({ instrument }: SimMarket) => [
    instrument.base,
    instrument.quote,
  ]);
  return new Set([...traded, ...accountOf(state, account).balances.keys()]);
}
