/** Balances and positions of a multi-currency account in OKX's field names. USD figures count USDT as one dollar. */
import type { Decimal, DecimalText } from '../../../domain/decimal.ts';
import { decimal, divide, maximum, minimum, roundTo, sum, toText, zero } from '../../../domain/decimal.ts';
import {
  accountLiquidationPrice,
  balanceOf,
  freeBalance,
  heldBalance,
  leverageOf,
  marginSummary,
  positionOf,
} from '../../exchange/funds.ts';
import { maintenanceMargin, unrealised } from '../../exchange/position.ts';
import type { SimAccount, SimMarket } from '../../exchange/state.ts';
import type { ProtocolContext } from '../protocol.ts';
import { wireSizeText } from './contracts.ts';
import type { AccountLedger } from './ledger.ts';
import { usdPrice } from './usd.ts';

const moneyPlaces = 8;

const money = (value: Decimal): DecimalText => toText(roundTo(value, moneyPlaces, 'half_up'));

interface CurrencyFigures {
  readonly currency: string;
  readonly cash: Decimal;
  readonly unrealised: Decimal;
  readonly equity: Decimal;
  readonly available: Decimal;
  readonly held: Decimal;
  readonly initialMargin: Decimal;
  readonly maintenance: Decimal;
  readonly equityUsd: Decimal;
}

function currencyFigures(context: ProtocolContext, account: SimAccount, currency: string): CurrencyFigures {
  const { state } = context.exchange;
  const margin = marginSummary(state, account, currency);
  const cash = balanceOf(account, currency);
  const equity = cash.plus(margin.unrealised);
  const initialMargin = margin.positionInitialMargin.plus(margin.openOrderInitialMargin);
  const held = heldBalance(state, account, currency);
  const free = minimum(freeBalance(state, account, currency), equity.minus(initialMargin).minus(held));
  return {
    currency,
    cash,
    unrealised: margin.unrealised,
    equity,
    available: maximum(zero, free),
    held,
    initialMargin,
    maintenance: margin.maintenanceMargin,
    equityUsd: equity.times(usdPrice(context, currency)),
  };
}

/** @param shown currencies in `details`; null: all that the account has ever held */
export function balanceView(
  context: ProtocolContext,
  account: SimAccount,
  shown: readonly string[] | null,
  nowMs: number,
): Record<string, unknown> {
  const figures = [...account.balances.keys()].map((currency) => currencyFigures(context, account, currency));
  const total = sum(figures.map(({ equityUsd }) => equityUsd));
  const initialMargin = sum(figures.map((row) => row.initialMargin));
  const maintenance = sum(figures.map((row) => row.maintenance));
  return {
    uTime: String(nowMs),
    totalEq: money(total),
    isoEq: '0',
    adjEq: money(total),
    availEq: money(maximum(zero, total.minus(initialMargin))),
    ordFroz: money(sum(figures.map(({ currency, held }) => held.times(usdPrice(context, currency))))),
    imr: money(initialMargin),
    mmr: money(maintenance),
    borrowFroz: '0',
    mgnRatio: maintenance.eq(zero) ? '' : toText(divide(total, maintenance, 6)),
    notionalUsd: money(
      sum([...context.exchange.state.markets.values()].map((market) => notionalOf(context, account, market))),
    ),
    notionalUsdForBorrow: '0',
    notionalUsdForFutures: '0',
    notionalUsdForOption: '0',
    notionalUsdForSwap: money(
      sum([...context.exchange.state.markets.values()].map((market) => notionalOf(context, account, market))),
    ),
    upl: money(sum(figures.map((row) => row.unrealised))),
    details: figures.filter(({ currency }) => shown?.includes(currency) ?? true).map((row) => currencyView(row, nowMs)),
  };
}

function currencyView(row: CurrencyFigures, nowMs: number): Record<string, unknown> {
  const liability = maximum(zero, row.cash.neg());
  return {
    ccy: row.currency,
    eq: money(row.equity),
    cashBal: money(row.cash),
    uTime: String(nowMs),
    isoEq: '0',
    availEq: money(row.available),
    availBal: money(row.available),
    disEq: money(row.equityUsd),
    fixedBal: '0',
    frozenBal: money(maximum(zero, row.equity.minus(row.available))),
    ordFrozen: money(row.held),
    liab: money(liability),
    crossLiab: money(liability),
    isoLiab: '0',
    upl: money(row.unrealised),
    uplLiab: '0',
    mgnRatio: row.maintenance.eq(zero) ? '' : toText(divide(row.equity, row.maintenance, 6)),
    imr: money(row.initialMargin),
    mmr: money(row.maintenance),
    interest: '0',
    twap: '0',
    maxLoan: '',
    eqUsd: money(row.equityUsd),
    borrowFroz: '0',
    notionalLever: '0',
    stgyEq: '0',
    isoUpl: '0',
    spotInUseAmt: '',
    clSpotInUseAmt: '',
    maxSpotInUse: '',
    spotIsoBal: '0',
    smtSyncEq: '0',
    collateralEnabled: true,
    autoLendStatus: 'unsupported',
    autoLendMtAmt: '0',
  };
}

function notionalOf(context: ProtocolContext, account: SimAccount, market: SimMarket): Decimal {
  if (market.instrument.kind === 'spot') return zero;
  const mark = context.exchange.markPrice(market) ?? zero;
  return positionOf(account, market.instrument.id).quantity.times(mark).abs();
}

/** One number for an account's position in an instrument, for good. */
export function positionId(context: ProtocolContext, account: SimAccount, { instrument }: SimMarket): string {
  const { accounts, markets } = context.exchange.state;
  const place = [...accounts.keys()].indexOf(account.name) * 1000 + [...markets.keys()].indexOf(instrument.id);
  return String(300_000_000_000_000_000n + BigInt(place));
}

/** A flat position has a size of 0 and nothing else: streams tell that it was closed. */
export function positionView(
  context: ProtocolContext,
  account: SimAccount,
  market: SimMarket,
  ledger: AccountLedger,
  nowMs: number,
): Record<string, unknown> {
  const { instrument } = market;
  const { quantity, entryNotional, updatedAtMs } = positionOf(account, instrument.id);
  const isFlat = quantity.eq(zero);
  const mark = context.exchange.markPrice(market) ?? zero;
  const notional = quantity.times(mark).abs();
  const leverage = leverageOf(account, instrument.id);
  const initialMargin = divide(notional, decimal(String(leverage)), moneyPlaces, 'up');
  const profit = unrealised(quantity, entryNotional, mark);
  const average = isFlat ? '' : toText(roundTo(divide(entryNotional, quantity), 10, 'half_up'));
  const maintenance = maintenanceMargin(instrument.brackets, notional);
  const summary = marginSummary(context.exchange.state, account, instrument.quote);
  const liquidation = accountLiquidationPrice(context.exchange.state, account, instrument.id);
  const earned = ledger.earningsOf(instrument.id);
  const text = (value: string): string => (isFlat ? '' : value);
  return {
    ...unusedPositionFields,
    instType: 'SWAP',
    instId: instrument.id,
    mgnMode: 'cross',
    posId: positionId(context, account, market),
    posSide: 'net',
    pos: wireSizeText(instrument, quantity),
    ccy: instrument.quote,
    avgPx: average,
    bePx: average,
    markPx: toText(mark),
    idxPx: toText(context.exchange.indexPrice(market) ?? zero),
    last: toText(market.lastPrice ?? mark),
    lever: String(leverage),
    liqPx: liquidation.eq(zero) ? '' : toText(liquidation),
    imr: text(money(initialMargin)),
    mmr: text(money(maintenance)),
    mgnRatio: summary.maintenanceMargin.eq(zero)
      ? ''
      : toText(divide(summary.marginBalance, summary.maintenanceMargin, 6)),
    notionalUsd: text(money(notional)),
    upl: text(money(profit)),
    uplLastPx: text(money(profit)),
    uplRatio: text(initialMargin.eq(zero) ? '0' : toText(divide(profit, initialMargin, 6))),
    uplRatioLastPx: text(initialMargin.eq(zero) ? '0' : toText(divide(profit, initialMargin, 6))),
    adl: isFlat ? '' : '1',
    tradeId: earned?.tradeId ?? '',
    realizedPnl: money(earned === null ? zero : earned.profit.plus(earned.fees).plus(earned.funding)),
    pnl: money(earned?.profit ?? zero),
    fee: money(earned?.fees ?? zero),
    fundingFee: money(earned?.funding ?? zero),
    cTime: String(earned?.openedAtMs ?? updatedAtMs),
    uTime: String(updatedAtMs),
    pTime: String(nowMs),
  };
}

const unusedPositionFields = {
  availPos: '',
  baseBal: '',
  baseBorrowed: '',
  baseInterest: '',
  quoteBal: '',
  quoteBorrowed: '',
  quoteInterest: '',
  posCcy: '',
  margin: '',
  liab: '',
  liabCcy: '',
  interest: '',
  optVal: '',
  pendingCloseOrdLiabVal: '',
  deltaBS: '',
  deltaPA: '',
  gammaBS: '',
  gammaPA: '',
  thetaBS: '',
  thetaPA: '',
  vegaBS: '',
  vegaPA: '',
  spotInUseAmt: '',
  spotInUseCcy: '',
  clSpotInUseAmt: '',
  maxSpotInUseAmt: '',
  bizRefId: '',
  bizRefType: '',
  nonSettleAvgPx: '',
  settledPnl: '',
  usdPx: '1',
  liqPenalty: '0',
  closeOrderAlgo: [],
} as const;

/** Markets in which an account holds a position. */
export function heldMarkets(context: ProtocolContext, account: SimAccount): SimMarket[] {
  return [...context.exchange.state.markets.values()].filter(
    ({ instrument }) => !positionOf(account, instrument.id).quantity.eq(zero),
  );
}
