/** Public data that only contracts have: settled funding rates, risk limits, open interest. */
import { divide, one, toText } from '../../../domain/decimal.ts';
import { decimal } from '../../../domain/decimal.ts';
import { listedOf, settledRates } from '../../views/market-view.ts';
import type { SimMarket } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { BybitCall, BybitHandler } from './call.ts';
import { parameterError } from './errors.ts';
import { wireSymbol } from './instruments.ts';
import { integerOrNull, marketsOf, positiveInteger, requiredCategory, requiredMarket } from './parameters.ts';
import { openInterest } from './ticker-view.ts';

const minuteMs = 60_000;
const interestIntervalsMs: ReadonlyMap<string, number> = new Map([
  ['5min', 5 * minuteMs],
  ['15min', 15 * minuteMs],
  ['30min', 30 * minuteMs],
  ['1h', 60 * minuteMs],
  ['4h', 240 * minuteMs],
  ['1d', 1440 * minuteMs],
]);

export function derivativesHandlers(context: ProtocolContext): Readonly<Record<string, BybitHandler>> {
  return {
    'GET /v5/market/funding/history': (call) => fundingHistory(context, call),
    'GET /v5/market/risk-limit': (call) => {
      const category = contractCategory(call);
      return { category, list: marketsOf(context, call, category).flatMap(riskLimits), nextPageCursor: '' };
    },
    'GET /v5/market/open-interest': (call) => openInterestNow(context, call),
  };
}

function contractCategory(call: BybitCall): 'linear' | 'inverse' {
  const category = requiredCategory(call);
  if (category === 'spot' || category === 'option') throw parameterError('Category is invalid.');
  return category;
}

/** Newest first. A start alone is refused, as the exchange does. */
function fundingHistory(context: ProtocolContext, call: BybitCall): unknown {
  const category = contractCategory(call);
  const market = requiredMarket(context, call);
  const fromMs = integerOrNull(call.params, 'startTime');
  const toMs = integerOrNull(call.params, 'endTime');
  if (fromMs !== null && toMs === null) throw parameterError('endTime is required when startTime is given');
  const limit = positiveInteger(call, 'limit', 200, 200);
  const rates = settledRates(listedOf(context.exchange, market), call.nowMs, { fromMs: null, toMs, limit });
  return {
    category,
    list: rates
      .filter(({ settledAtMs }) => settledAtMs >= (fromMs ?? 0))
      .toReversed()
      .map(({ settledAtMs, rate }) => ({
        symbol: wireSymbol(market.instrument),
        fundingRate: toText(rate),
        fundingRateTimestamp: String(settledAtMs),
      })),
  };
}

function riskLimits({ instrument }: SimMarket): unknown[] {
  return instrument.brackets.map((tier, index) => ({
    id: index + 1,
    symbol: wireSymbol(instrument),
    riskLimitValue: toText(tier.notionalCap),
    maintenanceMargin: toText(tier.maintenanceRatio),
    initialMargin: toText(divide(one, decimal(String(tier.maximumLeverage)), 8, 'half_up')),
    isLowestRisk: index === 0 ? 1 : 0,
    maxLeverage: String(tier.maximumLeverage),
    mmDeduction: toText(tier.cumulative),
  }));
}

/** What is open now, as of the last full interval: no history of it is kept. */
function openInterestNow(context: ProtocolContext, call: BybitCall): unknown {
  const category = contractCategory(call);
  const market = requiredMarket(context, call);
  const lengthMs = interestIntervalsMs.get(call.params.get('intervalTime') ?? '');
  if (lengthMs === undefined) throw parameterError('params error: intervalTime is invalid');
  positiveInteger(call, 'limit', 50, 200);
  const row = {
    openInterest: toText(openInterest(context.exchange.state, market)),
    timestamp: String(Math.floor(call.nowMs / lengthMs) * lengthMs),
  };
  return { category, symbol: wireSymbol(market.instrument), list: [row], nextPageCursor: '' };
}
