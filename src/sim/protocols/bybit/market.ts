/** Bybit v5's public endpoints: `/v5/market/*`. Inverse contracts and options exist as empty categories. */
import { toText } from '../../../domain/decimal.ts';
import type { SimMarket } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import type { BybitCall, BybitHandler } from './call.ts';
import { derivativesHandlers } from './derivatives-data.ts';
import { instrumentView } from './instrument-view.ts';
import { wireSymbol } from './instruments.ts';
import { klineHandlers } from './klines.ts';
import { marketsOf, positiveInteger, requiredCategory, requiredMarket } from './parameters.ts';
import { feedOf, tickerView } from './ticker-view.ts';

export function publicHandlers(context: ProtocolContext): Readonly<Record<string, BybitHandler>> {
  return {
    'GET /v5/market/time': ({ wallMs }) => ({
      timeSecond: String(Math.floor(wallMs / 1000)),
      timeNano: `${wallMs}000000`,
    }),
    'GET /v5/market/instruments-info': (call) => {
      const category = requiredCategory(call);
      // Nothing is about to be listed, so any other status finds nothing.
      const isListed = (call.params.get('status') ?? 'Trading') === 'Trading';
      const markets = isListed ? marketsOf(context, call, category) : [];
      return { category, list: markets.map((market) => instrumentView(context, market)), nextPageCursor: '' };
    },
    'GET /v5/market/tickers': (call) => {
      const category = requiredCategory(call);
      const markets = marketsOf(context, call, category);
      return { category, list: markets.map((market) => tickerView(context, market, call.nowMs)) };
    },
    'GET /v5/market/orderbook': (call) => orderBookView(context, call),
    'GET /v5/market/recent-trade': (call) => recentTrades(context, call),
    ...klineHandlers(context),
    ...derivativesHandlers(context),
  };
}

function orderBookView(context: ProtocolContext, call: BybitCall): unknown {
  const market = requiredMarket(context, call);
  const isSpot = market.instrument.kind === 'spot';
  const { updateId, bids, asks } = feedOf(context, market).current();
  const limit = positiveInteger(call, 'limit', isSpot ? 1 : 25, isSpot ? 200 : 500);
  return {
    s: wireSymbol(market.instrument),
    b: bids.slice(0, limit),
    a: asks.slice(0, limit),
    ts: call.nowMs,
    u: updateId,
    seq: updateId,
    cts: call.nowMs,
  };
}

function recentTrades(context: ProtocolContext, call: BybitCall): unknown {
  const market = requiredMarket(context, call);
  const most = market.instrument.kind === 'spot' ? 60 : 1000;
  const newest = market.publicTrades.slice(-positiveInteger(call, 'limit', Math.min(most, 500), most)).toReversed();
  return { category: requiredCategory(call), list: newest.map((trade) => publicTradeView(market, trade)) };
}

function publicTradeView(market: SimMarket, trade: SimMarket['publicTrades'][number]): unknown {
  return {
    execId: trade.id,
    symbol: wireSymbol(market.instrument),
    price: toText(trade.price),
    size: toText(trade.quantityBase),
    side: trade.takerSide === 'buy' ? 'Buy' : 'Sell',
    time: String(trade.atMs),
    isBlockTrade: false,
    isRPITrade: false,
    seq: trade.id,
  };
}
