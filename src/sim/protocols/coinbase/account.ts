/** Wallets, fees, what a key may do, and portfolios. */
import { decimal, toText } from '../../../domain/decimal.ts';
import { balanceOf, freeBalance, heldBalance } from '../../exchange/funds.ts';
import { accountOf } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { CoinbaseCall, Route } from './call.ts';
import { accountName, pageSize } from './call.ts';
import { isFiat, listedCurrencies } from './currencies.ts';
import { invalidArgument, notFound } from './errors.ts';
import { portfolioId, walletId } from './ids.ts';

/** Wallets have no history in the simulator. */
const openedAt = '2024-01-01T00:00:00Z';

export function accountRoutes(context: ProtocolContext): Route[] {
  const api = '/api/v3/brokerage';
  return [
    { name: `GET ${api}/accounts`, needs: 'read', handle: (call) => walletPage(context, call) },
    {
      name: `GET ${api}/accounts/{account_uuid}`,
      needs: 'read',
      handle(call) {
        const id = call.path.get('account_uuid');
        const found = wallets(context, accountName(call)).find(({ uuid }) => uuid === id);
        if (found === undefined) throw notFound('account not found');
        return { account: found };
      },
    },
    { name: `GET ${api}/transaction_summary`, needs: 'read', handle: (call) => feeSummary(context, call) },
    { name: `GET ${api}/key_permissions`, needs: 'read', handle: keyPermissions },
    {
      name: `GET ${api}/portfolios`,
      needs: 'read',
      handle: (call) => ({
        portfolios: [{ name: 'Default', uuid: portfolioId(accountName(call)), type: 'DEFAULT', deleted: false }],
      }),
    },
  ];
}

/** The cursor is the id of the last wallet given. */
function walletPage(context: ProtocolContext, call: CoinbaseCall): Record<string, unknown> {
  const all = wallets(context, accountName(call));
  const cursor = call.query.get('cursor') ?? '';
  const from = cursor === '' ? 0 : all.findIndex(({ uuid }) => uuid === cursor) + 1;
  if (cursor !== '' && from === 0) throw invalidArgument('cursor is invalid');
  const shown = all.slice(from, from + pageSize(call, 49, 250));
  const hasNext = from + shown.length < all.length;
  return { accounts: shown, has_next: hasNext, cursor: hasNext ? (shown.at(-1)?.uuid ?? '') : '', size: shown.length };
}

/** One a currency: those of the listed products, and whatever else the account holds. */
export function walletCurrencies(context: ProtocolContext, name: string): string[] {
  const held = accountOf(context.exchange.state, name).balances.keys();
  return [...new Set([...listedCurrencies(context), ...held])].toSorted();
}

function wallets(context: ProtocolContext, name: string): ({ uuid: string } & Record<string, unknown>)[] {
  const { state } = context.exchange;
  const account = accountOf(state, name);
  return walletCurrencies(context, name).map((currency) => {
    return {
      uuid: walletId(name, currency),
      name: `${currency} Wallet`,
      currency,
      available_balance: { value: toText(freeBalance(state, account, currency)), currency },
      default: true,
      active: true,
      created_at: openedAt,
      updated_at: openedAt,
      deleted_at: null,
      type: isFiat(currency) ? 'ACCOUNT_TYPE_FIAT' : 'ACCOUNT_TYPE_CRYPTO',
      ready: true,
      hold: { value: toText(heldBalance(state, account, currency)), currency },
      retail_portfolio_id: portfolioId(name),
      platform: 'ACCOUNT_PLATFORM_CONSUMER',
    };
  });
}

/** Everything that a currency's wallet holds, as v2 shows it. */
export function walletTotal(context: ProtocolContext, name: string, currency: string): string {
  return toText(balanceOf(accountOf(context.exchange.state, name), currency));
}

function feeSummary(context: ProtocolContext, call: CoinbaseCall): Record<string, unknown> {
  const fees = context.exchange.feesOf(accountName(call), 'spot');
  const rate = (bps: typeof fees.takerBps): string => toText(bps.times(decimal('0.0001')));
  return {
    total_volume: 0,
    total_fees: 0,
    fee_tier: {
      pricing_tier: 'Simulated',
      usd_from: '0',
      usd_to: '',
      taker_fee_rate: rate(fees.takerBps),
      maker_fee_rate: rate(fees.makerBps),
      aop_from: '',
      aop_to: '',
    },
    margin_rate: null,
    goods_and_services_tax: null,
    advanced_trade_only_volume: 0,
    advanced_trade_only_fees: 0,
    coinbase_pro_volume: 0,
    coinbase_pro_fees: 0,
    total_balance: '',
    has_promo_fee: false,
  };
}

function keyPermissions(call: CoinbaseCall): Record<string, unknown> {
  const permissions = call.credentials?.permissions ?? new Set();
  return {
    can_view: permissions.has('read'),
    can_trade: permissions.has('trade'),
    can_transfer: permissions.has('withdraw'),
    can_receive: permissions.has('withdraw'),
    portfolio_uuid: portfolioId(accountName(call)),
    portfolio_type: 'DEFAULT',
  };
}
