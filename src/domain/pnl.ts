/**
 * Profit and loss of a position: the sum of its signed cash flows, split by cause. The parts add up exactly.
 *
 * With h the signed change of a holding by a fill (net of a fee taken in the base coin) and p the fill's price, a fill
 * is worth −h·p before its fee. Against a reference price this splits into −h·reference (basis) and (reference − p)·h
 * (slippage). For equal fills the basis of all four is s·Q·(B_open − B_close).
 */
import type { ExecutableBasis } from './basis.ts';
import { decimal, divide, one, sum, toText, zero, type Decimal, type DecimalText } from './decimal.ts';
import { receivedBase } from './execution/received.ts';
import { feeAtRate, takerFee, type FeeRates } from './fees.ts';
import type { VenueFill, VenueFundingPayment } from './fill.ts';
import { fundingOf, type AccountFill } from './funding/funding-share.ts';
import { dollarPar, knownUsdPrice, usdPrice, type Money, type UsdPrices } from './money.ts';
import type { OrderPurpose, OrderSide } from './order.ts';
import { sideOf, type LegPlan, type PositionPlan } from './position.ts';
import type { LegPrices, Watch } from './watch.ts';

/** P&L of a position, in USD, by cause; the parts add up to `realisedUsd` exactly. Costs are negative. */
export interface Attribution {
  readonly basisUsd: DecimalText;
  readonly fundingUsd: DecimalText;
  readonly feesUsd: DecimalText;
  readonly slippageUsd: DecimalText;
  readonly borrowUsd: DecimalText;
  /** Change of the quote coins' value on the notional; zero where both legs share their quote coin. */
  readonly quoteCurrencyUsd: DecimalText;
  readonly realisedUsd: DecimalText;
}

/** What a position came to, and what of it no price is known for. */
export interface PositionPnl extends Attribution {
  /**
   * Fees of fills in coins without a USD price, by coin: booked at the account's rates instead, for a person to hear of,
   * unless the configuration says that fees are taken in the coin.
   */
  readonly feesAtRates: readonly Money[];
  /** Interest in coins without a USD price, by coin: booked as zero, for a person to hear of. */
  readonly unpricedFees: readonly Money[];
  /**
   * Quote coins without a USD price: counted at a dollar each. Where the legs are quoted in two coins, dollar coins as
   * well: what one moved against the other, on the whole notional, is then not in the P&L.
   */
  readonly assumedAtPar: readonly string[];
}

export interface PnlInput {
  readonly plan: PositionPlan;
  /** Every fill of the position, both legs. */
  readonly fills: readonly (AccountFill & { readonly account: string; readonly clientOrderId?: string })[];
  /**
   * Why each order was sent, by client id. A trim takes back a part of the opening, and is held against its references; what
   * reduced the position before its close carries no slippage. What is not named closed it, or built it.
   */
  readonly purposes?: ReadonlyMap<string, OrderPurpose>;
  /** Every fill of our orders at the perpetual's account: who else held the perpetual when funding was settled. */
  readonly accountFills: readonly AccountFill[];
  /** Every funding payment of the perpetual's account. */
  readonly funding: readonly VenueFundingPayment[];
  /** What that account held of the perpetual before any position, signed base units: its funding is no position's. */
  readonly besidePerpBase: DecimalText;
  /** Executable prices when the close was decided; null: fills that reduce the position then carry no slippage. */
  readonly closePrices: LegPrices | null;
  /**
   * What a coin of the spot leg was worth when it was decided not to buy it back. What is left of the leg is then no
   * dust: it is valued at this price, as the inventory would be that was simply held.
   */
  readonly keptSpotPrice?: DecimalText;
  /** Interest on a borrowed spot leg; positive: paid. In the leg's own coin it is valued as what is left of the leg. */
  readonly borrow?: readonly Money[];
  /** Prices of the coins that the legs are quoted in, and of any other coin that a fee was charged in; dollars at par by default. */
  readonly usdPrices?: UsdPrices;
}

/**
 * What a position came to. Fees in the base coin are valued at the price of their fill. What is left of a leg (dust)
 * is valued at the average price of the fills that reduced it, or, without any, of those that built it.
 *
 * Never throws for want of a price: the position is over whether its fees can be valued or not. What could not be
 * valued is listed.
 */
export function positionPnl(input: PnlInput): PositionPnl {
  const { plan, fills } = input;
  const side = sideOf(plan.direction);
  const quoteOf = ({ instrument }: LegPlan): string => instrument.settle ?? instrument.quote;
  const { prices, assumedAtPar } = pricesOf(input, [quoteOf(plan.spot), quoteOf(plan.perp)]);
  const legs = (['spot', 'perp'] as const).map((leg) => {
    const { account, instrument } = plan[leg];
    return legPnl({
      fills: fills.filter((fill) => fill.account === account && fill.symbol === instrument.symbol),
      base: instrument.base,
      quote: quoteOf(plan[leg]),
      increasing: (leg === 'spot') === (side === 1) ? 'buy' : 'sell',
      openReference: decimal(leg === 'spot' ? plan.spotReferencePrice : plan.perpReferencePrice),
      closeReference: input.closePrices === null ? null : decimal(input.closePrices[leg]),
      purposes: input.purposes ?? new Map(),
      leftPrice: leg === 'spot' && input.keptSpotPrice !== undefined ? decimal(input.keptSpotPrice) : null,
      rates: plan[leg],
      feeCoin: plan[leg].feeCoin ?? null,
      prices,
    });
  });
  const fundingPaid = fundingOf(
    plan.key,
    plan.perp.instrument.symbol,
    input.funding,
    input.accountFills,
    decimal(input.besidePerpBase),
  );
  const total = (part: Exclude<keyof LegPnl, 'feesAtRates' | 'leftPriceUsd'>): Decimal =>
    sum(legs.map((leg) => leg[part]));
  const { base } = plan.spot.instrument;
  const borrow = valued(
    (input.borrow ?? []).filter(({ currency }) => currency !== base),
    prices,
  );
  const owedBase = sum(
    (input.borrow ?? []).flatMap((money) => (money.currency === base ? [decimal(money.amount)] : [])),
  );
  const parts = attribution({
    basis: total('basis'),
    funding: fundingPaid.times(usdPrice(prices, quoteOf(plan.perp), 'close')),
    fees: zero.minus(total('fees')),
    slippage: total('slippage'),
    borrow: zero.minus(borrow.usd).minus(owedBase.times(legs[0]?.leftPriceUsd ?? one)),
    quoteCurrency: total('quoteCurrency'),
  });
  const feesAtRates = byCurrency(legs.flatMap((leg) => leg.feesAtRates));
  const unpricedFees = byCurrency(borrow.unpriced);
  return { ...parts, feesAtRates, unpricedFees, assumedAtPar };
}

/** The prices given, with par for the dollar coins and for any other coin that a leg is quoted in. */
function pricesOf(
  { usdPrices }: PnlInput,
  quotes: readonly string[],
): { readonly prices: UsdPrices; readonly assumedAtPar: readonly string[] } {
  const given = { ...dollarPar, ...usdPrices };
  const coins = [...new Set(quotes)];
  const unknown = coins.filter((currency) => knownUsdPrice(given, currency, 'close') === null);
  const par = Object.fromEntries(unknown.map((currency) => [currency, { open: '1', close: '1' }]));
  const isHedged = coins.length === 1;
  const unstated = coins.filter(
    (currency) => currency !== 'USD' && knownUsdPrice(usdPrices ?? {}, currency, 'close') === null,
  );
  return { prices: { ...given, ...par }, assumedAtPar: isHedged ? unknown : unstated };
}

/** Sum in USD at the close, and apart from it what has no price. */
function valued(
  amounts: readonly Money[],
  prices: UsdPrices,
): { readonly usd: Decimal; readonly unpriced: readonly Money[] } {
  const isPriced = ({ currency }: Money): boolean => knownUsdPrice(prices, currency, 'close') !== null;
  return {
    usd: sum(
      amounts
        .filter(isPriced)
        .map(({ amount, currency }) => decimal(amount).times(usdPrice(prices, currency, 'close'))),
    ),
    unpriced: amounts.filter((money) => !isPriced(money)),
  };
}

function byCurrency(amounts: readonly Money[]): Money[] {
  return [...Map.groupBy(amounts, ({ currency }) => currency)].map(([currency, list]) => ({
    amount: toText(sum(list.map(({ amount }) => decimal(amount)))),
    currency,
  }));
}

interface LegFlows {
  readonly fills: PnlInput['fills'];
  readonly purposes: ReadonlyMap<string, OrderPurpose>;
  readonly base: string;
  /** The coin that its cash flows are in. */
  readonly quote: string;
  /** The order side that builds the leg; the other one reduces it. */
  readonly increasing: OrderSide;
  readonly openReference: Decimal;
  readonly closeReference: Decimal | null;
  /** Of what is left of it; null: dust, at the price of its fills. */
  readonly leftPrice: Decimal | null;
  readonly rates: FeeRates;
  /** As configured. */
  readonly feeCoin: string | null;
  readonly prices: UsdPrices;
}

/** In USD; fees positive when paid. */
interface LegPnl {
  readonly basis: Decimal;
  readonly slippage: Decimal;
  readonly fees: Decimal;
  readonly quoteCurrency: Decimal;
  /** Of a base unit that is left; a dollar where nothing was filled. */
  readonly leftPriceUsd: Decimal;
  /** In coins without a USD price that nobody said they would be in; in `fees` at the account's rates. */
  readonly feesAtRates: readonly Money[];
}

/**
 * One leg. All its cash stays in the quote coin until the close, so it is worth the coin's price then; what the coin
 * itself gained or lost on the opening flows, −h·p·(V_close − V_open), is the quote currency's line.
 */
function legPnl(leg: LegFlows): LegPnl {
  const opening = usdPrice(leg.prices, leg.quote, 'open');
  const closing = usdPrice(leg.prices, leg.quote, 'close');
  let [basis, slippage, fees, quoteCurrency, left] = [zero, zero, zero, zero, zero];
  for (const fill of leg.fills) {
    const price = decimal(fill.price);
    const change = receivedBase([fill], leg.base);
    const isOpening = opens(fill, leg);
    const value = isOpening ? opening : closing;
    const closeReference = purposeOf(fill, leg) === 'reduce' ? null : leg.closeReference;
    const reference = isOpening ? leg.openReference : (closeReference ?? price);
    basis = basis.minus(change.times(reference).times(value));
    slippage = slippage.plus(reference.minus(price).times(change).times(value));
    if (isOpening) quoteCurrency = quoteCurrency.minus(change.times(price).times(closing.minus(opening)));
    fees = fees.plus(feeInLeg(fill, leg)?.times(closing) ?? zero);
    left = left.plus(change);
  }
  const elsewhere = leg.fills.filter((fill) => feeInLeg(fill, leg) === null);
  const unknown = elsewhere.filter(({ feeCurrency }) => knownUsdPrice(leg.prices, feeCurrency, 'close') === null);
  const others = valued(elsewhere.map(feeOf), leg.prices);
  const atRates = sum(unknown.map((fill) => feeAtRate(leg.rates, fill))).times(closing);
  return {
    basis: basis.plus(left.times(leg.leftPrice ?? dustPrice(leg)).times(closing)),
    slippage,
    fees: fees.plus(others.usd).plus(atRates),
    quoteCurrency,
    leftPriceUsd: leg.fills.length === 0 ? one : dustPrice(leg).times(closing),
    feesAtRates: unknown.map(feeOf).filter(({ currency }) => currency !== leg.feeCoin),
  };
}

function feeOf({ fee, feeCurrency }: VenueFill): Money {
  return { amount: fee, currency: feeCurrency };
}

function purposeOf({ clientOrderId }: PnlInput['fills'][number], { purposes }: LegFlows): OrderPurpose | undefined {
  return clientOrderId === undefined ? undefined : purposes.get(clientOrderId);
}

/** What built the leg, and what was taken back at once where the other leg had not filled as far. */
function opens(fill: PnlInput['fills'][number], leg: LegFlows): boolean {
  return fill.side === leg.increasing || purposeOf(fill, leg) === 'trim';
}

/** A fee of the leg's own coins, in its quote coin; null for a fee in a third one. */
function feeInLeg(fill: VenueFill, leg: LegFlows): Decimal | null {
  const fee = decimal(fill.fee);
  if (fill.feeCurrency === leg.base) return fee.times(decimal(fill.price));
  return fill.feeCurrency === leg.quote || fee.eq(zero) ? fee : null;
}

function dustPrice(leg: LegFlows): Decimal {
  const reducing = leg.fills.filter((fill) => !opens(fill, leg));
  const valued = reducing.length > 0 ? reducing : leg.fills;
  const quantity = sum(valued.map((fill) => decimal(fill.quantityBase)));
  if (quantity.eq(zero)) return zero;
  return divide(sum(valued.map((fill) => decimal(fill.price).times(decimal(fill.quantityBase)))), quantity, 12);
}

function attribution(parts: {
  readonly basis: Decimal;
  readonly funding: Decimal;
  readonly fees: Decimal;
  readonly slippage: Decimal;
  readonly borrow: Decimal;
  readonly quoteCurrency: Decimal;
}): Attribution {
  return {
    basisUsd: toText(parts.basis),
    fundingUsd: toText(parts.funding),
    feesUsd: toText(parts.fees),
    slippageUsd: toText(parts.slippage),
    borrowUsd: toText(parts.borrow),
    quoteCurrencyUsd: toText(parts.quoteCurrency),
    realisedUsd: toText(sum(Object.values(parts))),
  };
}

/** What an open position would come to if it were closed now, in USD with the quote coin at par. */
export interface UnrealisedPnl {
  /** Both legs at executable closing prices against their opening fills, before fees and funding. */
  readonly priceUsd: Decimal;
  /** All four: the two paid at open and the two still to pay. Positive: cost. */
  readonly feesUsd: Decimal;
  /** Price, what was realised, and funding to date, less all four fees and the interest on a borrowed spot leg. */
  readonly netUsd: Decimal;
  /** Net over Q·S at open, in percent. */
  readonly ratioPct: Decimal;
}

/**
 * What was realised by reductions, and by taking back what the opening filled too much of, counts, and the ratio stays one of the notional at open: reducing moves neither.
 *
 * @param interestBase charged so far for a borrowed spot leg, in the coin: it is bought back with what was sold
 */
export function unrealisedPnl(
  watch: Watch,
  close: Pick<ExecutableBasis, 'spotPrice' | 'perpPrice'>,
  fundingUsd: Decimal,
  interestBase: Decimal = zero,
): UnrealisedPnl {
  const { plan, reduced } = watch;
  const realisedUsd = decimal(watch.trimmedUsd ?? '0').plus(decimal(reduced?.realisedUsd ?? '0'));
  const side = sideOf(plan.direction);
  const spotBase = decimal(watch.spotQuantityBase);
  const perpBase = decimal(watch.perpQuantityBase);
  const spotGain = close.spotPrice.minus(decimal(watch.spotOpenPrice)).times(spotBase);
  const perpGain = close.perpPrice.minus(decimal(watch.perpOpenPrice)).times(perpBase);
  const priceUsd = side === 1 ? spotGain.minus(perpGain) : perpGain.minus(spotGain);
  const feesUsd = decimal(watch.openFeesUsd)
    .plus(takerFee(plan.spot, side === 1 ? 'sell' : 'buy', spotBase.plus(interestBase), close.spotPrice))
    .plus(takerFee(plan.perp, side === 1 ? 'buy' : 'sell', perpBase, close.perpPrice));
  const netUsd = realisedUsd.plus(priceUsd).plus(fundingUsd).minus(feesUsd).minus(interestBase.times(close.spotPrice));
  const notionalUsd = decimal(reduced?.openedSpotBase ?? watch.spotQuantityBase).times(decimal(watch.spotOpenPrice));
  return { priceUsd, feesUsd, netUsd, ratioPct: divide(netUsd.times(decimal('100')), notionalUsd) };
}
