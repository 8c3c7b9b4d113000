/** What binance spot says of itself and of its symbols. */
import type { SimInstrument } from '../../exchange/instruments.ts';
import type { BinanceCall } from '../binance-shared/call.ts';
import { orderLimitView, weightLimitView } from '../binance-shared/limits.ts';
import { maximumPrice } from '../binance-shared/orders.ts';
import { chosenMarkets } from '../binance-shared/parameters.ts';
import type { ProtocolContext } from '../protocol.ts';
import { orderLimits, weightPerMinute } from './limits.ts';
import { mostNotional, mostOpenOrders } from './order-request.ts';
import { padded, paddedText } from './views.ts';

export function exchangeInfo(context: ProtocolContext, call: BinanceCall): Record<string, unknown> {
  return {
    timezone: 'UTC',
    serverTime: call.wallMs,
    rateLimits: [weightLimitView(weightPerMinute), ...orderLimits.map(orderLimitView)],
    exchangeFilters: [],
    symbols: chosenMarkets(context, call).map(({ instrument }) => symbolView(instrument)),
  };
}

function symbolView(instrument: SimInstrument): Record<string, unknown> {
  return {
    symbol: instrument.id,
    status: 'TRADING',
    baseAsset: instrument.base,
    baseAssetPrecision: 8,
    quoteAsset: instrument.quote,
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    baseCommissionPrecision: 8,
    quoteCommissionPrecision: 8,
    orderTypes: ['LIMIT', 'LIMIT_MAKER', 'MARKET'],
    icebergAllowed: false,
    ocoAllowed: false,
    otoAllowed: false,
    quoteOrderQtyMarketAllowed: true,
    allowTrailingStop: false,
    cancelReplaceAllowed: false,
    amendAllowed: false,
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: filtersOf(instrument),
    permissions: [],
    permissionSets: [['SPOT']],
    defaultSelfTradePreventionMode: 'NONE',
    allowedSelfTradePreventionModes: ['NONE'],
  };
}

function filtersOf(instrument: SimInstrument): Record<string, unknown>[] {
  const tick = padded(instrument.priceTick);
  const lot = {
    minQty: padded(instrument.minimumQuantity),
    maxQty: padded(instrument.maximumQuantity),
    stepSize: padded(instrument.quantityStep),
  };
  return [
    { filterType: 'PRICE_FILTER', minPrice: tick, maxPrice: padded(maximumPrice(instrument)), tickSize: tick },
    { filterType: 'LOT_SIZE', ...lot },
    { filterType: 'MARKET_LOT_SIZE', ...lot, stepSize: paddedText('0') },
    {
      filterType: 'NOTIONAL',
      minNotional: padded(instrument.minimumNotional),
      applyMinToMarket: true,
      maxNotional: paddedText(mostNotional),
      applyMaxToMarket: false,
      avgPriceMins: 5,
    },
    { filterType: 'MAX_NUM_ORDERS', maxNumOrders: mostOpenOrders },
  ];
}
