/** What binance USDⓈ-M says of itself and of its symbols. */
import { toText } from '../../../domain/decimal.ts';
import type { SimInstrument } from '../../exchange/instruments.ts';
import { decimalPlaces } from '../../exchange/instruments.ts';
import type { BinanceCall } from '../binance-shared/call.ts';
import { orderLimitView, weightLimitView } from '../binance-shared/limits.ts';
import { maximumPrice } from '../binance-shared/orders.ts';
import type { ProtocolContext } from '../protocol.ts';
import { orderLimits, weightPerMinute } from './limits.ts';
import { mostOpenOrders } from './order-request.ts';

/** The perpetuals' delivery date: there is none. */
const neverMs = 4_133_404_800_000;
const onboardedMs = 1_700_000_000_000;

export function exchangeInfo({ exchange }: ProtocolContext, { wallMs }: BinanceCall): Record<string, unknown> {
  const instruments = [...exchange.state.markets.values()].map(({ instrument }) => instrument);
  const assets = new Set(instruments.map(({ quote }) => quote));
  return {
    timezone: 'UTC',
    serverTime: wallMs,
    futuresType: 'U_MARGINED',
    rateLimits: [weightLimitView(weightPerMinute), ...orderLimits.map(orderLimitView)],
    exchangeFilters: [],
    assets: [...assets].map((asset) => ({ asset, marginAvailable: true, autoAssetExchange: '-10000' })),
    symbols: instruments.map(symbolView),
  };
}

function symbolView(instrument: SimInstrument): Record<string, unknown> {
  return {
    symbol: instrument.id,
    pair: instrument.id,
    contractType: 'PERPETUAL',
    deliveryDate: neverMs,
    onboardDate: onboardedMs,
    status: 'TRADING',
    maintMarginPercent: '2.5000',
    requiredMarginPercent: '5.0000',
    baseAsset: instrument.base,
    quoteAsset: instrument.quote,
    marginAsset: instrument.quote,
    pricePrecision: decimalPlaces(instrument.priceTick),
    quantityPrecision: decimalPlaces(instrument.quantityStep),
    baseAssetPrecision: 8,
    quotePrecision: 8,
    underlyingType: 'COIN',
    underlyingSubType: [],
    triggerProtect: '0.0500',
    liquidationFee: '0.010000',
    marketTakeBound: '0.05',
    maxMoveOrderLimit: 10000,
    filters: filtersOf(instrument),
    orderTypes: ['LIMIT', 'MARKET'],
    timeInForce: ['GTC', 'IOC', 'FOK', 'GTX'],
  };
}

function filtersOf(instrument: SimInstrument): Record<string, unknown>[] {
  const tick = toText(instrument.priceTick);
  const lot = {
    minQty: toText(instrument.minimumQuantity),
    maxQty: toText(instrument.maximumQuantity),
    stepSize: toText(instrument.quantityStep),
  };
  return [
    { filterType: 'PRICE_FILTER', minPrice: tick, maxPrice: toText(maximumPrice(instrument)), tickSize: tick },
    { filterType: 'LOT_SIZE', ...lot },
    { filterType: 'MARKET_LOT_SIZE', ...lot },
    { filterType: 'MAX_NUM_ORDERS', limit: mostOpenOrders },
    { filterType: 'MIN_NOTIONAL', notional: toText(instrument.minimumNotional) },
  ];
}
