/** The few `/sapi` endpoints that clients of any binance market call: coins, permissions, states. */
import { toText } from '../../../domain/decimal.ts';
import { freeBalance, heldBalance } from '../../exchange/funds.ts';
import { accountOf } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { BinanceCall, Endpoints } from './call.ts';
import type { Limits } from './limits.ts';
import { createLimits } from './limits.ts';

/** `/sapi` counts apart from the markets. */
export function createWalletLimits(enforced: boolean): Limits {
  return createLimits({
    weightPerMinute: 12_000,
    weightHeader: 'x-sapi-used-ip-weight-1m',
    orderLimits: [],
    enforced,
  });
}

/** Which of a key's permissions to trade is meant. */
export type TradedMarket = 'spot' | 'futures';

export function walletEndpoints(context: ProtocolContext, traded: TradedMarket): Endpoints {
  return {
    'GET /sapi/v1/system/status': { access: 'public', weight: 1, handle: () => ({ status: 0, msg: 'normal' }) },
    'GET /sapi/v1/capital/config/getall': {
      access: 'read',
      weight: 10,
      handle: (call) => currenciesOf(context).map((currency) => coinView(context, call, currency)),
    },
    'GET /sapi/v1/account/apiRestrictions': {
      access: 'read',
      weight: 1,
      handle: (call) => restrictionsView(call, traded),
    },
    'GET /sapi/v1/account/status': { access: 'read', weight: 1, handle: () => ({ data: 'Normal' }) },
    'GET /sapi/v1/account/apiTradingStatus': {
      access: 'read',
      weight: 1,
      handle: () => ({ data: { isLocked: false, plannedRecoverTime: 0, triggerCondition: {}, updateTime: 0 } }),
    },
    // Fees are taken in the coin received, always.
    'GET /sapi/v1/bnbBurn': {
      access: 'read',
      weight: 1,
      handle: () => ({ spotBNBBurn: false, interestBNBBurn: false }),
    },
    'GET /sapi/v1/margin/allPairs': { access: 'key', weight: 1, handle: () => [] },
    'GET /sapi/v1/margin/allAssets': { access: 'key', weight: 1, handle: () => [] },
    'GET /sapi/v1/margin/isolated/allPairs': { access: 'read', weight: 10, handle: () => [] },
  };
}

function currenciesOf(context: ProtocolContext): string[] {
  const { markets, accounts } = context.exchange.state;
  const traded = [...markets.values()].flatMap(({ instrument }) => [instrument.base, instrument.quote]);
  const held = [...accounts.values()].flatMap((account) => [...account.balances.keys()]);
  return [...new Set([...traded, ...held])].sort();
}

/** Nothing can be deposited or withdrawn: coins have no networks. */
function coinView(context: ProtocolContext, call: BinanceCall, currency: string): Record<string, unknown> {
  const { state } = context.exchange;
  const account = accountOf(state, call.account);
  return {
    coin: currency,
    depositAllEnable: false,
    withdrawAllEnable: false,
    name: currency,
    free: toText(freeBalance(state, account, currency)),
    locked: toText(heldBalance(state, account, currency)),
    freeze: '0',
    withdrawing: '0',
    ipoing: '0',
    ipoable: '0',
    storage: '0',
    isLegalMoney: false,
    trading: true,
    networkList: [],
  };
}

function restrictionsView({ credentials }: BinanceCall, traded: TradedMarket): Record<string, unknown> {
  const permissions = credentials?.permissions ?? new Set();
  const trades = permissions.has('trade');
  return {
    ipRestrict: false,
    createTime: 0,
    enableReading: permissions.has('read'),
    enableWithdrawals: permissions.has('withdraw'),
    enableInternalTransfer: false,
    enableMargin: false,
    enableFutures: trades && traded === 'futures',
    permitsUniversalTransfer: false,
    enableVanillaOptions: false,
    enableFixApiTrade: false,
    enableFixReadOnly: false,
    enableSpotAndMarginTrading: trades && traded === 'spot',
    enablePortfolioMarginTrading: false,
  };
}
