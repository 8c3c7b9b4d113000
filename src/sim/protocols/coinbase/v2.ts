/** The parts of the older API that clients call: currencies, rates, time, wallets, the user. */
import type { Decimal } from '../../../domain/decimal.ts';
import { divide, one, roundTo, toText } from '../../../domain/decimal.ts';
import type { ProtocolContext } from '../protocol.ts';
import { walletCurrencies, walletTotal } from './account.ts';
import type { CoinbaseCall, Route } from './call.ts';
import { accountName, isoTime, pageSize } from './call.ts';
import { currencyNames, isFiat, listedCurrencies } from './currencies.ts';
import { v2Error } from './errors.ts';
import { assetId, userId, walletId } from './ids.ts';

export function v2Routes(context: ProtocolContext): Route[] {
  return [
    {
      name: 'GET /v2/time',
      needs: null,
      handle: ({ wallMs }) => ({ data: { iso: isoTime(wallMs), epoch: Math.floor(wallMs / 1000) } }),
    },
    {
      name: 'GET /v2/currencies',
      needs: null,
      handle: () => ({
        data: listedCurrencies(context)
          .filter(isFiat)
          .map((id) => ({ id, name: currencyNames.get(id) ?? id, min_size: '0.01' })),
      }),
    },
    {
      name: 'GET /v2/currencies/crypto',
      needs: null,
      handle: () => ({
        data: listedCurrencies(context)
          .filter((code) => !isFiat(code))
          .map(cryptoView),
      }),
    },
    { name: 'GET /v2/exchange-rates', needs: null, handle: (call) => exchangeRates(context, call) },
    { name: 'GET /v2/accounts', needs: 'read', handle: (call) => walletPage(context, call) },
    {
      name: 'GET /v2/accounts/{account_id}',
      needs: 'read',
      handle(call) {
        const id = call.path.get('account_id');
        const found = wallets(context, accountName(call)).find((wallet) => wallet.id === id);
        if (found === undefined) throw v2Error(404, 'not_found', 'Not found');
        return { data: found };
      },
    },
    {
      name: 'GET /v2/user',
      needs: 'read',
      handle: (call) => ({
        data: { id: userId(accountName(call)), name: accountName(call), native_currency: 'USD', resource: 'user' },
      }),
    },
  ];
}

function cryptoView(code: string, index: number): Record<string, unknown> {
  return {
    asset_id: assetId(code),
    code,
    name: currencyNames.get(code) ?? code,
    color: '#2775CA',
    sort_index: 100 + index,
    exponent: 8,
    type: 'crypto',
    address_regex: '',
  };
}

/** How much of each currency one unit of `currency` (USD) buys, at the middle of the books. */
function exchangeRates(context: ProtocolContext, call: CoinbaseCall): Record<string, unknown> {
  const currency = call.query.get('currency') ?? 'USD';
  const currencies = listedCurrencies(context);
  if (!currencies.includes(currency)) throw v2Error(400, 'invalid_request', 'Invalid currency');
  const own = usdPrice(context, currency);
  const rates = currencies.map((code): [string, string] => [
    code,
    toText(roundTo(divide(own, usdPrice(context, code)), 12, 'half_up')),
  ]);
  return { data: { currency, rates: Object.fromEntries(rates) } };
}

/** One for a currency without a market against USD: USDC redeems at par on this exchange. */
function usdPrice(context: ProtocolContext, currency: string): Decimal {
  return context.exchange.state.markets.get(`${currency}-USD`)?.house.centre ?? one;
}

function wallets(context: ProtocolContext, name: string): ({ id: string } & Record<string, unknown>)[] {
  return walletCurrencies(context, name).map((code) => ({
    id: walletId(name, code),
    name: `${code} Wallet`,
    primary: false,
    type: isFiat(code) ? 'fiat' : 'wallet',
    currency: { ...cryptoView(code, 0), type: isFiat(code) ? 'fiat' : 'crypto' },
    balance: { amount: walletTotal(context, name, code), currency: code },
    resource: 'account',
    resource_path: `/v2/accounts/${walletId(name, code)}`,
    allow_deposits: true,
    allow_withdrawals: true,
  }));
}

/** Pages go on after the wallet that `starting_after` names. */
function walletPage(context: ProtocolContext, call: CoinbaseCall): Record<string, unknown> {
  const all = wallets(context, accountName(call));
  const after = call.query.get('starting_after') ?? '';
  const from = after === '' ? 0 : all.findIndex(({ id }) => id === after) + 1;
  if (after !== '' && from === 0) throw v2Error(404, 'not_found', 'Not found');
  const limit = pageSize(call, 25, 300);
  const shown = all.slice(from, from + limit);
  const last = from + shown.length < all.length ? (shown.at(-1)?.id ?? null) : null;
  const pagination = {
    ending_before: null,
    starting_after: after === '' ? null : after,
    limit,
    order: 'desc',
    previous_uri: null,
    next_uri: last === null ? null : `/v2/accounts?starting_after=${last}&limit=${limit}`,
    next_starting_after: last,
  };
  return { pagination, data: shown };
}
