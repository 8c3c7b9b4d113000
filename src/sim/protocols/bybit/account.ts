/** Bybit v5's account endpoints. */
import { decimal, toText } from '../../../domain/decimal.ts';
import { accountOf } from '../../state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { BybitHandler } from './index.ts';
import { requireCategory } from './market.ts';
import { walletView } from './views.ts';

export function accountHandlers(context: ProtocolContext): Readonly<Record<string, BybitHandler>> {
  const { exchange } = context;
  const bpsToRate = decimal('0.0001');
  return {
    'GET /v5/account/wallet-balance': (call) => {
      const account = accountOf(exchange.state, call.account);
      return { list: [walletView(exchange.state, account, call.params['coin']?.split(',') ?? null)] };
    },
    'GET /v5/account/info': (call) => ({
      unifiedMarginStatus: 6,
      marginMode: 'REGULAR_MARGIN',
      isMasterTrader: false,
      spotHedgingStatus: 'OFF',
      updatedTime: String(call.nowMs),
      dcpStatus: 'OFF',
      timeWindow: 0,
      smpGroup: 0,
    }),
    'GET /v5/account/fee-rate': (call) => {
      requireCategory(call);
      const fees = exchange.feesOf(call.account, 'spot');
      const markets = [...exchange.state.markets.values()].filter(
        ({ instrument }) => call.params['symbol'] === undefined || instrument.id === call.params['symbol'],
      );
      return {
        category: call.params['category'],
        list: markets.map(({ instrument }) => ({
          symbol: instrument.id,
          baseCoin: '',
          takerFeeRate: toText(fees.takerBps.times(bpsToRate)),
          makerFeeRate: toText(fees.makerBps.times(bpsToRate)),
        })),
      };
    },
    'GET /v5/user/query-api': (call) => ({
      id: '1',
      note: call.account,
      apiKey: call.apiKey,
      readOnly: 0,
      secret: '',
      permissions: { Spot: ['SpotTrade'], ContractTrade: ['Order', 'Position'], Wallet: [] },
      ips: ['*'],
      type: 1,
      unified: 0,
      uta: 1,
      userID: 1,
      inviterID: 0,
      vipLevel: 'No VIP',
      isMaster: true,
    }),
    'GET /v5/position/list': (call) => {
      requireCategory(call);
      return { category: call.params['category'], list: [], nextPageCursor: '' };
    },
  };
}
