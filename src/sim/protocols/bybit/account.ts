/** Bybit v5's account endpoints: wallet, settings, fees, coins and what a key may do. */
import { decimal, maximum, toText, zero } from '../../../domain/decimal.ts';
import { isLent } from '../../exchange/borrow.ts';
import { balanceOf } from '../../exchange/funds.ts';
import type { SimAccount, VenueState } from '../../exchange/state.ts';
import { accountOf } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { BybitCall, BybitHandler } from './call.ts';
import type { Dcp } from './dcp.ts';
import { BybitError, parameterError } from './errors.ts';
import { wireSymbol } from './instruments.ts';
import { marketsOf, requiredCategory } from './parameters.ts';
import { walletView } from './wallet-view.ts';

const bpsToRate = decimal('0.0001');

export function accountHandlers(context: ProtocolContext, dcp: Dcp): Readonly<Record<string, BybitHandler>> {
  return {
    'GET /v5/account/wallet-balance': (call) => {
      const accountType = call.params.get('accountType') ?? 'UNIFIED';
      if (accountType !== 'UNIFIED') throw parameterError('accountType only support UNIFIED.');
      const account = accountOf(context.exchange.state, call.account);
      return { list: [walletView(context.exchange.state, account, coinsOf(call))] };
    },
    'GET /v5/account/info': (call) => {
      const window = dcp.windowOf(call.account);
      return {
        unifiedMarginStatus: 6,
        marginMode: 'REGULAR_MARGIN',
        isMasterTrader: false,
        spotHedgingStatus: 'OFF',
        updatedTime: String(call.nowMs),
        dcpStatus: window === null ? 'OFF' : 'ON',
        timeWindow: window ?? 0,
        smpGroup: 0,
      };
    },
    'GET /v5/account/fee-rate': (call) => feeRates(context, call),
    'POST /v5/account/set-margin-mode': (call) => {
      const mode = call.params.get('setMarginMode');
      if (mode === 'REGULAR_MARGIN') throw new BybitError(110026, 'Cross/isolated margin mode is not modified');
      if (mode === 'ISOLATED_MARGIN' || mode === 'PORTFOLIO_MARGIN') {
        throw new BybitError(3400045, 'Set margin mode failed');
      }
      throw parameterError('params error: setMarginMode is invalid');
    },
    'GET /v5/account/collateral-info': (call) => {
      const account = accountOf(context.exchange.state, call.account);
      const wanted = call.params.get('currency');
      const currencies = currenciesOf(context).filter((name) => wanted === undefined || name === wanted);
      return { list: currencies.map((currency) => collateralView(context.exchange.state, account, currency)) };
    },
    'GET /v5/asset/coin/query-info': (call) => {
      const wanted = call.params.get('coin');
      const currencies = currenciesOf(context).filter((name) => wanted === undefined || name === wanted);
      return { rows: currencies.map(coinView) };
    },
    'GET /v5/user/query-api': (call) => keyView(call),
  };
}

function coinsOf(call: BybitCall): readonly string[] | null {
  return call.params.get('coin')?.split(',') ?? null;
}

/** Without a category: contracts. */
function feeRates(context: ProtocolContext, call: BybitCall): unknown {
  const category = call.params.has('category') ? requiredCategory(call) : 'linear';
  return {
    category,
    list: marketsOf(context, call, category).map(({ instrument }) => {
      const fees = context.exchange.feesOf(call.account, instrument.kind);
      return {
        symbol: wireSymbol(instrument),
        baseCoin: '',
        takerFeeRate: toText(fees.takerBps.times(bpsToRate)),
        makerFeeRate: toText(fees.makerBps.times(bpsToRate)),
      };
    }),
  };
}

/** Of the listed instruments, each once. */
function currenciesOf(context: ProtocolContext): string[] {
  const markets = [...context.exchange.state.markets.values()];
  return [...new Set(markets.flatMap(({ instrument }) => [instrument.base, instrument.quote]))];
}

/** What more the account could borrow is not worked out: an order that is too large is refused. */
function collateralView(state: VenueState, account: SimAccount, currency: string): unknown {
  const rate = state.rules.borrow?.hourlyRates[currency];
  return {
    currency,
    borrowAmount: toText(maximum(zero, balanceOf(account, currency).neg())),
    borrowable: isLent(state, currency),
    borrowUsageRate: '0',
    availableToBorrow: '',
    maxBorrowingAmount: '',
    freeBorrowingLimit: '0',
    freeBorrowAmount: '0',
    otherBorrowAmount: '0',
    hourlyBorrowRate: rate === undefined ? '' : toText(rate),
    marginCollateral: true,
    collateralSwitch: true,
    collateralRatio: '1',
  };
}

/** Transfers over a chain are not simulated, so every chain is closed. */
function coinView(coin: string): unknown {
  return {
    coin,
    name: coin,
    remainAmount: '0',
    chains: [
      {
        chain: coin === 'BTC' ? 'BTC' : 'ETH',
        chainType: coin === 'BTC' ? 'BTC' : 'ERC20',
        confirmation: '6',
        withdrawFee: '',
        depositMin: '0',
        withdrawMin: '0',
        minAccuracy: '8',
        chainDeposit: '0',
        chainWithdraw: '0',
        withdrawPercentageFee: '0',
        contractAddress: '',
      },
    ],
  };
}

/** A key that may not trade is a read-only one; the exchange lists its areas all the same. */
function keyView({ account, apiKey, permissions }: BybitCall): unknown {
  return {
    id: '1',
    note: account,
    apiKey,
    readOnly: permissions.has('trade') ? 0 : 1,
    secret: '',
    permissions: {
      ContractTrade: ['Order', 'Position'],
      Spot: ['SpotTrade'],
      Wallet: permissions.has('withdraw') ? ['AccountTransfer', 'Withdraw'] : [],
      Options: [],
      Derivatives: ['DerivativesTrade'],
      CopyTrading: [],
      BlockTrade: [],
      Exchange: [],
      NFT: [],
      Affiliate: [],
      Earn: [],
    },
    ips: ['*'],
    type: 1,
    deadlineDay: 0,
    expiredAt: '1970-01-01T00:00:00Z',
    createdAt: '1970-01-01T00:00:00Z',
    unified: 0,
    uta: 1,
    userID: 1,
    inviterID: 0,
    vipLevel: 'No VIP',
    mktMakerLevel: '0',
    affiliateID: 0,
    rsaPublicKey: '',
    isMaster: true,
    parentUid: '0',
    kycLevel: 'LEVEL_DEFAULT',
    kycRegion: '',
  };
}
