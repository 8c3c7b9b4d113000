/** A market's listing in bybit v5's fields. */
import { decimal, toText } from '../../../domain/decimal.ts';
import type { SimInstrument } from '../../exchange/instruments.ts';
import { decimalPlaces } from '../../exchange/instruments.ts';
import type { SimMarket } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import { wireSymbol } from './instruments.ts';

/** A model: all contracts have been listed since then. */
const launchedAtMs = Date.UTC(2023, 9, 1);

export function instrumentView(context: ProtocolContext, market: SimMarket): Record<string, unknown> {
  const { instrument } = market;
  const common = {
    symbol: wireSymbol(instrument),
    baseCoin: instrument.base,
    quoteCoin: instrument.quote,
    status: 'Trading',
  };
  return { ...common, ...(instrument.kind === 'spot' ? spotFields(instrument) : contractFields(context, market)) };
}

function spotFields(instrument: SimInstrument): Record<string, unknown> {
  return {
    innovation: '0',
    marginTrading: 'utaOnly',
    stTag: '0',
    lotSizeFilter: {
      basePrecision: toText(instrument.quantityStep),
      quotePrecision: '0.000001',
      minOrderQty: toText(instrument.minimumQuantity),
      maxOrderQty: toText(instrument.maximumQuantity),
      minOrderAmt: toText(instrument.minimumNotional),
      maxOrderAmt: toText(instrument.maximumQuantity),
    },
    priceFilter: { tickSize: toText(instrument.priceTick) },
    riskParameters: { priceLimitRatioX: '0.01', priceLimitRatioY: '0.02' },
  };
}

function contractFields(context: ProtocolContext, market: SimMarket): Record<string, unknown> {
  const { instrument } = market;
  const tick = toText(instrument.priceTick);
  const largest = toText(instrument.maximumQuantity);
  return {
    contractType: 'LinearPerpetual',
    launchTime: String(launchedAtMs),
    deliveryTime: '0',
    deliveryFeeRate: '',
    priceScale: String(decimalPlaces(instrument.priceTick)),
    leverageFilter: {
      minLeverage: '1',
      maxLeverage: String(instrument.brackets[0]?.maximumLeverage ?? 1),
      leverageStep: '0.01',
    },
    priceFilter: { minPrice: tick, maxPrice: toText(instrument.priceTick.times(decimal('19999998'))), tickSize: tick },
    lotSizeFilter: {
      maxOrderQty: largest,
      maxMktOrderQty: largest,
      postOnlyMaxOrderQty: largest,
      minOrderQty: toText(instrument.minimumQuantity),
      qtyStep: toText(instrument.quantityStep),
      minNotionalValue: toText(instrument.minimumNotional),
    },
    unifiedMarginTrade: true,
    fundingInterval: (context.exchange.fundingOf(market)?.intervalHours ?? 0) * 60,
    settleCoin: instrument.quote,
    copyTrading: 'none',
    upperFundingRate: '0.01',
    lowerFundingRate: '-0.01',
    isPreListing: false,
    preListingInfo: null,
    riskParameters: { priceLimitRatioX: '0.05', priceLimitRatioY: '0.1' },
  };
}
