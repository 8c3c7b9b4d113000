/** Kraken's account endpoints: balances, fees, the key itself, websocket tokens. */
import type { Decimal } from '../../../domain/decimal.ts';
import { decimal, divide, one, sum, zero } from '../../../domain/decimal.ts';
import { balanceOf, heldBalance } from '../../exchange/funds.ts';
import type { SimAccount } from '../../exchange/state.ts';
import { accountOf } from '../../exchange/state.ts';
import type { Permission, ProtocolContext } from '../protocol.ts';
import { nonceWindow } from './authentication.ts';
import type { PrivateCall, PrivateEndpoint } from './call.ts';
import { KrakenError } from './errors.ts';
import { padded } from './format.ts';
import { assetOf, codeOf } from './instruments.ts';
import { ledgersView, queriedLedgers } from './ledger.ts';
import { marketNamed } from './market.ts';
import { textOrNull } from './parameters.ts';
import type { Tokens } from './tokens.ts';
import { tokenLifeSeconds } from './tokens.ts';

const monthMs = 30 * 86_400_000;

/** The exchange's finer permissions, by ours. */
const grants: Readonly<Record<Permission, readonly string[]>> = {
  read: ['query-funds', 'query-open-trades', 'query-closed-trades', 'query-ledger', 'create-ws-token'],
  trade: ['modify-trades', 'close-trades'],
  withdraw: ['withdraw-funds'],
};

export function accountEndpoints(context: ProtocolContext, tokens: Tokens): Readonly<Record<string, PrivateEndpoint>> {
  const reading = (cost: number, handle: (call: PrivateCall) => unknown): PrivateEndpoint => ({
    permission: 'read',
    cost,
    handle,
  });
  return {
    Balance: reading(1, (call) => perAsset(context, call, ({ total }, decimals) => padded(total, decimals))),
    BalanceEx: reading(1, (call) =>
      perAsset(context, call, ({ total, held }, decimals) => ({
        balance: padded(total, decimals),
        hold_trade: padded(held, decimals),
      })),
    ),
    TradeBalance: reading(1, (call) => tradeBalance(context, call)),
    TradeVolume: reading(1, (call) => tradeVolume(context, call)),
    OpenPositions: reading(1, (call) => (textOrNull(call.params, 'consolidation') === null ? {} : [])),
    Ledgers: reading(2, (call) => ledgersView(context, call)),
    QueryLedgers: reading(1, (call) => queriedLedgers(context, call)),
    GetWebSocketsToken: reading(1, (call) => ({
      token: tokens.issue(call.credentials, call.wallMs),
      expires: tokenLifeSeconds,
    })),
    GetApiKeyInfo: { permission: null, cost: 1, handle: apiKeyInfo },
  };
}

interface Holding {
  readonly total: Decimal;
  readonly held: Decimal;
}

/** Assets that the account has, or has had. */
function perAsset(
  context: ProtocolContext,
  call: PrivateCall,
  view: (holding: Holding, decimals: number) => unknown,
): Record<string, unknown> {
  const { state } = context.exchange;
  const account = accountOf(state, call.account);
  return Object.fromEntries(
    [...account.balances].map(([code, total]) => {
      const { id, decimals } = assetOf(code);
      return [id, view({ total, held: heldBalance(state, account, code) }, decimals)];
    }),
  );
}

/** In `asset`, USD unless named. There is no margin: equity is what the balances are worth. */
function tradeBalance(context: ProtocolContext, call: PrivateCall): Record<string, unknown> {
  const code = codeOf(textOrNull(call.params, 'asset') ?? 'ZUSD');
  const unit = valueInUsd(context, code);
  if (unit.eq(zero)) throw new KrakenError('EQuery:Unknown asset');
  const account = accountOf(context.exchange.state, call.account);
  const worth = padded(divide(worthInUsd(context, account), unit, 4), 4);
  return { eb: worth, tb: worth, m: '0.0000', n: '0.0000', c: '0.0000', v: '0.0000', e: worth, mf: worth };
}

function worthInUsd(context: ProtocolContext, account: SimAccount): Decimal {
  return sum([...account.balances.keys()].map((code) => balanceOf(account, code).times(valueInUsd(context, code))));
}

/** At the price of its USD market, or of its USDT market; zero when it has neither. */
function valueInUsd(context: ProtocolContext, code: string): Decimal {
  if (code === 'USD') return one;
  const markets = [...context.exchange.state.markets.values()].filter(({ instrument }) => instrument.base === code);
  const market = markets.find(({ instrument }) => instrument.quote === 'USD') ?? markets[0];
  return market?.house.centre ?? (code === 'USDT' ? one : zero);
}

/** Fees are per cent; the volume is of the last thirty days of market time, its quote currencies taken as dollars. */
function tradeVolume(context: ProtocolContext, call: PrivateCall): Record<string, unknown> {
  const { trades } = context.exchange.viewOf(call.account);
  const recent = trades.filter(({ executedAtMs }) => executedAtMs > call.nowMs - monthMs);
  const volume = padded(sum(recent.map((trade) => trade.price.times(trade.quantityBase))), 4);
  const names = textOrNull(call.params, 'pair')?.split(',') ?? [];
  const markets = names.map((name) => marketNamed(context, name));
  const { takerBps, makerBps } = context.exchange.feesOf(call.account, 'spot');
  const fees = (bps: Decimal): Record<string, unknown> => {
    const fee = padded(bps.times(decimal('0.01')), 4);
    const tier = { fee, minfee: fee, maxfee: fee, nextfee: null, nextvolume: null, tiervolume: '0.0000' };
    return Object.fromEntries(markets.map(({ instrument }) => [instrument.id, tier]));
  };
  return {
    currency: 'ZUSD',
    volume,
    ...(markets.length === 0 ? {} : { fees: fees(takerBps), fees_maker: fees(makerBps) }),
  };
}

function apiKeyInfo({ credentials, nonce, wallMs }: PrivateCall): Record<string, unknown> {
  return {
    apiKeyName: credentials.account,
    apiKey: credentials.apiKey,
    nonce,
    nonceWindow: Number(nonceWindow),
    permissions: [...credentials.permissions].flatMap((permission) => grants[permission]),
    iban: '',
    validUntil: '0',
    queryFrom: '0',
    queryTo: '0',
    createdTime: '0',
    modifiedTime: '0',
    ipAllowlist: [],
    lastUsed: String(Math.floor(wallMs / 1000)),
  };
}
