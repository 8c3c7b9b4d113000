/** Instruments, tickers and other public figures in OKX's field names. Sizes of swaps are contracts. */
import type { Decimal } from '../../../domain/decimal.ts';
import { decimal, divide, one, sum, toText, zero } from '../../../domain/decimal.ts';
import { lastSettlementMs, nextSettlementMs } from '../../exchange/funding.ts';
import { positionOf } from '../../exchange/funds.ts';
import type { SimInstrument } from '../../exchange/instruments.ts';
import { candles, dayFigures, listedOf } from '../../views/market-view.ts';
import type { PublicTrade, SimMarket } from '../../exchange/state.ts';
import type { TapeBar } from '../../feed/tape.ts';
import type { ProtocolContext } from '../protocol.ts';
import { feedOf } from './call.ts';
import { bookRow, familyOf, instrumentType, wireSizeText } from './contracts.ts';
import { okxInstruments } from './instruments.ts';

const listedAtMs = '1611916828000';

/** OKX's whole-number name of an instrument. */
export function instrumentCode(instrument: SimInstrument): number {
  return 10_001 + okxInstruments.findIndex(({ id }) => id === instrument.id);
}

export function instrumentView({ instrument }: SimMarket): Record<string, unknown> {
  const isSpot = instrument.kind === 'spot';
  const maximum = wireSizeText(instrument, instrument.maximumQuantity);
  return {
    instType: instrumentType(instrument),
    instId: instrument.id,
    instIdCode: instrumentCode(instrument),
    uly: isSpot ? '' : familyOf(instrument),
    instFamily: isSpot ? '' : familyOf(instrument),
    category: '1',
    groupId: '1',
    baseCcy: isSpot ? instrument.base : '',
    quoteCcy: isSpot ? instrument.quote : '',
    settleCcy: isSpot ? '' : instrument.quote,
    ctVal: isSpot ? '' : toText(instrument.contractSize),
    ctMult: isSpot ? '' : '1',
    ctValCcy: isSpot ? '' : instrument.base,
    ctType: isSpot ? '' : 'linear',
    optType: '',
    stk: '',
    listTime: listedAtMs,
    contTdSwTime: listedAtMs,
    auctionEndTime: '',
    openType: '',
    expTime: '',
    lever: isSpot ? '' : String(instrument.brackets[0]?.maximumLeverage ?? 1),
    tickSz: toText(instrument.priceTick),
    lotSz: wireSizeText(instrument, instrument.quantityStep),
    minSz: wireSizeText(instrument, instrument.minimumQuantity),
    maxLmtSz: maximum,
    maxMktSz: maximum,
    maxLmtAmt: '20000000',
    maxMktAmt: isSpot ? '1000000' : '',
    maxTwapSz: maximum,
    maxIcebergSz: maximum,
    maxTriggerSz: maximum,
    maxStopSz: maximum,
    futureSettlement: false,
    alias: '',
    ruleType: 'normal',
    state: 'live',
    tradeQuoteCcyList: isSpot ? [instrument.quote] : [],
    instCategory: '1',
    upcChg: [],
  };
}

export function tickerView(context: ProtocolContext, market: SimMarket, nowMs: number): Record<string, unknown> {
  const { instrument } = market;
  const { bids, asks } = feedOf(context, market).current();
  const day = dayFigures(context.exchange, market, nowMs);
  const [bidPx = '', bidSz = ''] = bids[0] === undefined ? [] : bookRow(instrument, bids[0]);
  const [askPx = '', askSz = ''] = asks[0] === undefined ? [] : bookRow(instrument, asks[0]);
  const lastTrade = market.publicTrades.at(-1);
  return {
    instType: instrumentType(instrument),
    instId: instrument.id,
    last: toText(day.last),
    lastSz: lastTrade === undefined ? '0' : wireSizeText(instrument, lastTrade.quantityBase),
    askPx,
    askSz,
    bidPx,
    bidSz,
    open24h: toText(day.open),
    high24h: toText(day.high),
    low24h: toText(day.low),
    // Spot: quote currency and base; swaps: base and contracts.
    volCcy24h: toText(instrument.kind === 'spot' ? day.volumeQuote : day.volumeBase),
    vol24h: wireSizeText(instrument, day.volumeBase),
    sodUtc0: toText(day.open),
    sodUtc8: toText(day.open),
    ts: String(nowMs),
  };
}

export function publicTradeView({ instrument }: SimMarket, trade: PublicTrade): Record<string, unknown> {
  return {
    instId: instrument.id,
    tradeId: trade.id,
    px: toText(trade.price),
    sz: wireSizeText(instrument, trade.quantityBase),
    side: trade.takerSide,
    source: '0',
    ts: String(trade.atMs),
  };
}

/** Candles that start within a window of market time, of the tape's known bars; none shorter than those. */
export function knownCandles(
  context: ProtocolContext,
  market: SimMarket,
  lengthMs: number,
  window: { readonly nowMs: number; readonly fromMs: number; readonly toMs: number },
): TapeBar[] {
  const bars = listedOf(context.exchange, market).bars.filter((bar) => bar.closeAtMs - bar.openAtMs <= lengthMs);
  return candles(bars, window.nowMs, lengthMs, window.fromMs, window.toMs);
}

/** `[start, open, high, low, close, volume, volume in currency, volume in quote, whether complete]`. */
export function candleRow({ instrument }: SimMarket, bar: TapeBar, nowMs: number): string[] {
  const inQuote = toText(bar.volume.times(bar.close));
  return [
    String(bar.openAtMs),
    toText(bar.open),
    toText(bar.high),
    toText(bar.low),
    toText(bar.close),
    wireSizeText(instrument, bar.volume),
    instrument.kind === 'spot' ? inQuote : toText(bar.volume),
    inQuote,
    nowMs >= bar.closeAtMs ? '1' : '0',
  ];
}

export function markPriceView(context: ProtocolContext, market: SimMarket, nowMs: number): Record<string, unknown> {
  return {
    instType: market.instrument.kind === 'spot' ? 'MARGIN' : 'SWAP',
    instId: market.instrument.id,
    markPx: priceText(context.exchange.markPrice(market)),
    ts: String(nowMs),
  };
}

/** @param market a swap, or a spot pair when the index has no swap */
export function indexView(context: ProtocolContext, market: SimMarket, nowMs: number): Record<string, unknown> {
  const { exchange } = context;
  const day = dayFigures(exchange, market, nowMs);
  return {
    instId: familyOf(market.instrument),
    idxPx: priceText(exchange.indexPrice(market)),
    high24h: toText(day.high),
    low24h: toText(day.low),
    open24h: toText(day.open),
    sodUtc0: toText(day.open),
    sodUtc8: toText(day.open),
    ts: String(nowMs),
  };
}

/** The market whose prices make an index: its swap before its spot pair. Null when there is neither. */
export function indexMarket(context: ProtocolContext, index: string): SimMarket | null {
  const { markets } = context.exchange.state;
  return markets.get(`${index}-SWAP`) ?? markets.get(index) ?? null;
}

/** Null for spot. */
export function fundingView(
  context: ProtocolContext,
  market: SimMarket,
  nowMs: number,
): Record<string, unknown> | null {
  const series = context.exchange.fundingOf(market);
  if (series === null) return null;
  const nextMs = nextSettlementMs(series, nowMs);
  return {
    instType: 'SWAP',
    instId: market.instrument.id,
    method: 'current_period',
    formulaType: 'withRate',
    fundingRate: toText(series.rateAt(nextMs)),
    nextFundingRate: '',
    fundingTime: String(nextMs),
    nextFundingTime: String(nextSettlementMs(series, nextMs)),
    prevFundingTime: String(lastSettlementMs(series, nowMs)),
    minFundingRate: '-0.015',
    maxFundingRate: '0.015',
    interestRate: '',
    impactValue: '',
    settState: 'settled',
    settFundingRate: toText(series.rateAt(lastSettlementMs(series, nowMs))),
    premium: '',
    ts: String(nowMs),
  };
}

/** What the accounts hold, either way; the modelled house is on the other side. */
export function openInterestView(context: ProtocolContext, market: SimMarket, nowMs: number): Record<string, unknown> {
  const { instrument } = market;
  const accounts = [...context.exchange.state.accounts.values()];
  const held = sum(accounts.map((account) => positionOf(account, instrument.id).quantity.abs()));
  return {
    instType: 'SWAP',
    instId: instrument.id,
    oi: wireSizeText(instrument, held),
    oiCcy: toText(held),
    oiUsd: toText(held.times(context.exchange.markPrice(market) ?? zero)),
    ts: String(nowMs),
  };
}

/** Tiers are kept in quote units; OKX tells contracts: here those of the present mark price, rounded down. */
export function tierViews(context: ProtocolContext, market: SimMarket): Record<string, unknown>[] {
  const { instrument } = market;
  const contractValue = instrument.contractSize.times(context.exchange.markPrice(market) ?? zero);
  const contracts = (notional: Decimal): string =>
    contractValue.eq(zero) ? '0' : toText(divide(notional, contractValue, 0, 'down'));
  return instrument.brackets.map((bracket, index) => ({
    baseMaxLoan: '',
    imr: toText(divide(one, decimal(String(bracket.maximumLeverage)), 6)),
    instFamily: familyOf(instrument),
    instId: instrument.id,
    maxLever: String(bracket.maximumLeverage),
    maxSz: contracts(bracket.notionalCap),
    minSz: contracts(bracket.notionalFloor),
    mmr: toText(bracket.maintenanceRatio),
    optMgnFactor: '0',
    quoteMaxLoan: '',
    tier: String(index + 1),
    uly: familyOf(instrument),
  }));
}

function priceText(price: Decimal | null): string {
  return price === null ? '' : toText(price);
}
