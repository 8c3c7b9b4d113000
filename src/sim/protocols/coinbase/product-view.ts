/** A product in Coinbase's field names. */
import { decimal, roundTo, toText } from '../../../domain/decimal.ts';
import { dayFigures } from '../../views/market-view.ts';
import type { SimMarket } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import { feedOf } from './call.ts';
import { currencyNames } from './currencies.ts';

export function productView(context: ProtocolContext, market: SimMarket, nowMs: number): Record<string, unknown> {
  const { instrument } = market;
  const day = dayFigures(context.exchange, market, nowMs);
  const { bids, asks } = feedOf(context, market).current();
  const tick = toText(instrument.priceTick);
  return {
    product_id: instrument.id,
    price: toText(day.last),
    price_percentage_change_24h: toText(day.changeFraction.times(decimal('100'))),
    volume_24h: toText(day.volumeBase),
    volume_percentage_change_24h: '0',
    base_increment: toText(instrument.quantityStep),
    quote_increment: tick,
    quote_min_size: toText(instrument.minimumNotional),
    quote_max_size: toText(instrument.maximumQuantity),
    base_min_size: toText(instrument.minimumQuantity),
    base_max_size: toText(instrument.maximumQuantity),
    base_name: currencyNames.get(instrument.base) ?? instrument.base,
    quote_name: currencyNames.get(instrument.quote) ?? instrument.quote,
    watched: false,
    is_disabled: false,
    new: false,
    status: 'online',
    cancel_only: false,
    limit_only: false,
    post_only: false,
    trading_disabled: false,
    auction_mode: false,
    product_type: 'SPOT',
    quote_currency_id: instrument.quote,
    base_currency_id: instrument.base,
    fcm_trading_session_details: null,
    mid_market_price: '',
    alias: '',
    alias_to: [],
    base_display_symbol: instrument.base,
    quote_display_symbol: instrument.quote,
    view_only: false,
    price_increment: tick,
    display_name: instrument.id,
    product_venue: 'CBE',
    approximate_quote_24h_volume: toText(roundTo(day.volumeQuote, 2, 'half_up')),
    best_bid_price: bids[0]?.[0] ?? '',
    best_ask_price: asks[0]?.[0] ?? '',
  };
}
