/** What the accounts of a book would come to in USD if all of it were closed now: executable prices, never mids. */
import { executablePrice, levelsFor } from '../basis.ts';
import { decimal, sum, toText, zero, type Decimal, type DecimalText } from '../decimal.ts';
import { maxQuoteAgeMs } from '../freshness.ts';
import { isPerpetual } from '../instrument.ts';
import { dollarPar, knownUsdPrice, type Money } from '../money.ts';
import type { Quote } from '../quote.ts';
import { baseOf, quoteOf, type Holdings } from './holdings.ts';

/** A market whose order book is followed. */
export interface Market {
  readonly venue: string;
  readonly symbol: string;
}

export interface AccountValue {
  readonly account: string;
  readonly venue: string;
  readonly holdings: Holdings;
}

export interface ValuePart {
  readonly account: string;
  /** A coin, or the symbol of what was traded and not traded back. */
  readonly name: string;
  readonly amount: DecimalText;
  /** USD per unit. */
  readonly priceUsd: DecimalText;
}

export interface Valuation {
  readonly kind: 'valued';
  /** Σ amount × price of the parts. */
  readonly equityUsd: DecimalText;
  readonly parts: readonly ValuePart[];
  /** Coins that no price is known for: counted as nothing, for a person to hear of. */
  readonly unpriced: readonly Money[];
}

export type ValuationResult = Valuation | { readonly kind: 'unknown'; readonly reason: string };

export interface Prices {
  readonly markets: readonly Market[];
  readonly quote: (venue: string, symbol: string) => Quote | undefined;
  readonly nowWallMs: number;
}

/**
 * What was traded is closed at its own order book, long on the bids and short on the asks, and the rest of its base
 * coin at the bids. Dollar coins that no followed market trades are at par, as are the coins that others are quoted
 * in. What an order book does not hold counts at its worst level. Unknown while a quote that it takes is missing or old.
 */
export function valueHoldings(accounts: readonly AccountValue[], prices: Prices): ValuationResult {
  const parts: ValuePart[] = [];
  const unpriced: Money[] = [];
  for (const { account, venue, holdings } of accounts) {
    const { coins, traded } = withoutUnfollowed(venue, holdings, prices.markets);
    for (const [symbol, amount] of traded) {
      if (amount.eq(zero)) continue;
      const price = priceAt({ venue, symbol }, amount, prices);
      if (typeof price === 'string') return { kind: 'unknown', reason: price };
      parts.push({ account, name: symbol, amount: toText(amount), priceUsd: toText(price) });
    }
    for (const [currency, amount] of coins) {
      if (amount.eq(zero)) continue;
      const price = coinPrice(venue, currency, amount, prices);
      if (typeof price === 'string') return { kind: 'unknown', reason: price };
      if (price === null) unpriced.push({ currency, amount: toText(amount) });
      else parts.push({ account, name: currency, amount: toText(amount), priceUsd: toText(price) });
    }
  }
  const values = parts.map(({ amount, priceUsd }) => decimal(amount).times(decimal(priceUsd)));
  return { kind: 'valued', equityUsd: toText(sum(values)), parts, unpriced };
}

/**
 * USD per unit of a coin for this amount, long or short; null when nothing tells it; a text says why it cannot be
 * known now. An amount of zero has the price of the smallest trade.
 */
export function coinPrice(venue: string, currency: string, amount: Decimal, prices: Prices): Decimal | string | null {
  const candidates = prices.markets.filter(
    ({ symbol }) => !isPerpetual(symbol) && baseOf(symbol) === currency && par(quoteOf(symbol)) !== null,
  );
  const market = candidates.find((one) => one.venue === venue) ?? candidates[0];
  return market === undefined ? par(currency) : priceAt(market, amount, prices);
}

function priceAt({ venue, symbol }: Market, amount: Decimal, { quote, nowWallMs }: Prices): Decimal | string {
  const found = quote(venue, symbol);
  if (found === undefined) return `no quote of ${venue} ${symbol}`;
  const ageMs = nowWallMs - found.aliveAtMs;
  if (ageMs > maxQuoteAgeMs) return `${venue} ${symbol} is ${ageMs} ms old, over ${maxQuoteAgeMs} ms`;
  const levels = levelsFor(found, amount.lt(zero) ? 'buy' : 'sell');
  const [best, worst] = [levels[0], levels.at(-1)];
  if (best === undefined || worst === undefined) return `the order book of ${venue} ${symbol} is empty`;
  const usd = par(quoteOf(symbol));
  if (usd === null) return `no USD price of ${quoteOf(symbol)}`;
  if (amount.eq(zero)) return decimal(best.price).times(usd);
  const quantity = amount.abs();
  const endless = [...levels, { price: worst.price, quantityBase: toText(quantity) }];
  return (executablePrice(endless, quantity) ?? decimal(worst.price)).times(usd);
}

function par(currency: string): Decimal | null {
  return knownUsdPrice(dollarPar, currency, 'close');
}

/** What was bought on a spot market that is not followed any more is a coin like others. */
function withoutUnfollowed(venue: string, { coins, traded }: Holdings, markets: readonly Market[]): Holdings {
  const [kept, folded] = [new Map<string, Decimal>(), new Map(coins)];
  for (const [symbol, amount] of traded) {
    const isFollowed = markets.some((market) => market.venue === venue && market.symbol === symbol);
    if (isFollowed || isPerpetual(symbol)) kept.set(symbol, amount);
    else folded.set(baseOf(symbol), (folded.get(baseOf(symbol)) ?? zero).plus(amount));
  }
  return { coins: folded, traded: kept };
}
