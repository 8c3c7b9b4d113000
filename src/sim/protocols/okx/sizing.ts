/** How much an account can trade: `account/max-size` and `account/max-avail-size`. */
import type { Decimal } from '../../../domain/decimal.ts';
import { decimal, divide, floorToStep, maximum, toText, zero } from '../../../domain/decimal.ts';
import { freeBalance, leverageOf, marginSummary, positionOf } from '../../exchange/funds.ts';
import type { SimAccount, SimMarket } from '../../exchange/state.ts';
import { accountOf } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { OkxCall } from './call.ts';
import { amountOrNull, choice, requiredMarket } from './call.ts';
import { wireSizeText } from './contracts.ts';
import { missingParameter, parameterError } from './errors.ts';
import { isolatedUnsupported } from './orders.ts';

/** @throws OkxError 50014, 51000, 51001 */
function sizingOf(context: ProtocolContext, call: OkxCall): { market: SimMarket; price: Decimal; account: SimAccount } {
  const market = requiredMarket(context, call.params);
  const mode = choice(call.params, 'tdMode', ['cash', 'cross', 'isolated']);
  if (mode === null) throw missingParameter('tdMode');
  if (mode === 'isolated') throw isolatedUnsupported();
  const price = amountOrNull(call.params, 'px') ?? context.exchange.markPrice(market) ?? zero;
  if (price.lte(zero)) throw parameterError('px');
  return { market, price, account: accountOf(context.exchange.state, call.account) };
}

/** In base units for spot, in contracts for swaps, without fees. */
export function maximumSize(context: ProtocolContext, call: OkxCall): Record<string, unknown> {
  const { market, price, account } = sizingOf(context, call);
  const { instrument } = market;
  const { state } = context.exchange;
  const text = (quantity: Decimal): string =>
    wireSizeText(instrument, floorToStep(maximum(zero, quantity), instrument.quantityStep));
  if (instrument.kind === 'spot') {
    const quote = freeBalance(state, account, instrument.quote);
    const base = freeBalance(state, account, instrument.base);
    return { instId: instrument.id, ccy: '', maxBuy: text(divide(quote, price, 24, 'down')), maxSell: text(base) };
  }
  const leverage = decimal(String(leverageOf(account, instrument.id)));
  const available = marginSummary(state, account, instrument.quote).available;
  const openable = divide(available.times(leverage), price, 24, 'down');
  const { quantity } = positionOf(account, instrument.id);
  // Against the position the same margin opens as much the other way, once it has been closed.
  const opposite = quantity.abs().times(decimal('2'));
  return {
    instId: instrument.id,
    ccy: instrument.quote,
    maxBuy: text(quantity.lt(zero) ? openable.plus(opposite) : openable),
    maxSell: text(quantity.gt(zero) ? openable.plus(opposite) : openable),
  };
}

/** In the coin that would be spent; margin for swaps. */
export function availableSize(context: ProtocolContext, call: OkxCall): Record<string, unknown> {
  const { market, account } = sizingOf(context, call);
  const { instrument } = market;
  const { state } = context.exchange;
  const free = (currency: string): string => toText(maximum(zero, freeBalance(state, account, currency)));
  if (instrument.kind === 'spot') {
    return { instId: instrument.id, availBuy: free(instrument.quote), availSell: free(instrument.base) };
  }
  const margin = toText(marginSummary(state, account, instrument.quote).available);
  return { instId: instrument.id, availBuy: margin, availSell: margin };
}
