/**
 * What the accounts come to, by their latest readings: the yardstick of the portfolio's limits. Coins at the marks of
 * perpetuals in them, or else at stored prices, perpetuals at what their marks have gained or lost; for the books' equity
 * at executable prices see `equity/`.
 */
import { unbound, type BoundCoin } from './bound-coins.ts';
import { decimal, maximum, minimum, one, sum, zero, type Decimal, type DecimalText } from '../decimal.ts';
import { exchangeOf } from '../exchange-of.ts';
import { spanText } from '../figures.ts';
import { dollarCoins } from '../peg.ts';

export interface ReadAccount {
  readonly account: string;
  readonly balances: readonly { readonly currency: string; readonly total: DecimalText; readonly free: DecimalText }[];
  readonly positions: readonly {
    readonly symbol: string;
    readonly quantityBase: DecimalText;
    readonly entryPrice: DecimalText | null;
    readonly markPrice: DecimalText | null;
  }[];
  readonly freeMargin: DecimalText | null;
  /** Wall time. */
  readonly readAtMs: number;
}

/** Every account whose holdings are the portfolio's. */
export interface PortfolioAccount {
  readonly account: string;
  readonly venue: string;
}

export interface PortfolioValue {
  readonly equityUsd: Decimal;
  /** Everything held there, by exchange. */
  readonly byExchange: ReadonlyMap<string, Decimal>;
  /** Dollar coins that are no margin, and that no position needs for its close. */
  readonly freeCashUsd: Decimal;
}

/** USD of a coin; null where nothing tells it: it then counts as nothing. */
export type CoinPriceOf = (coin: string) => Decimal | null;

/**
 * A text says which account is not known well enough.
 * @param maxAgeMs wall time of the oldest reading that counts
 * @param bound what open positions need for their close, which takes nothing from equity but is no free cash
 */
export function portfolioValue(
  accounts: readonly PortfolioAccount[],
  readings: readonly ReadAccount[],
  priceOf: CoinPriceOf,
  nowWallMs: number,
  maxAgeMs: number,
  bound: readonly BoundCoin[],
): PortfolioValue | string {
  const byExchange = new Map<string, Decimal>();
  let freeCashUsd = zero;
  for (const { account, venue } of accounts) {
    const reading = readings.find((read) => read.account === account);
    if (reading === undefined) return `${account} was never read`;
    const ageMs = nowWallMs - reading.readAtMs;
    if (ageMs > maxAgeMs) return `the reading of ${account} is ${spanText(ageMs)} old, over ${spanText(maxAgeMs)}`;
    const exchange = exchangeOf(venue);
    byExchange.set(exchange, (byExchange.get(exchange) ?? zero).plus(accountUsd(reading, priceOf)));
    freeCashUsd = freeCashUsd.plus(freeCash(reading, bound));
  }
  return { equityUsd: sum(byExchange.values()), byExchange, freeCashUsd };
}

export function isDollar(coin: string): boolean {
  return coin === 'USD' || dollarCoins.has(coin);
}

/**
 * Dollar coins at par, another one at the newest mark of a perpetual in it: what a hedge has gained is then what the coin
 * has lost.
 * @param elsePrice where no account that was read holds a perpetual in the coin
 */
export function coinPrices(readings: readonly ReadAccount[], elsePrice: CoinPriceOf): CoinPriceOf {
  const marks = new Map<string, Decimal>();
  for (const { positions } of readings.toSorted((first, second) => first.readAtMs - second.readAtMs)) {
    for (const { symbol, markPrice } of positions) {
      const [base = ''] = symbol.split('/');
      if (markPrice !== null && decimal(markPrice).gt(zero)) marks.set(base, decimal(markPrice));
    }
  }
  return (coin) => (isDollar(coin) ? one : (marks.get(coin) ?? elsePrice(coin)));
}

/** Perpetuals settle in dollar coins here: their gain is in USD at par. */
function accountUsd({ balances, positions }: ReadAccount, priceOf: CoinPriceOf): Decimal {
  const coins = balances.map(({ currency, total }) => (priceOf(currency) ?? zero).times(decimal(total)));
  const gains = positions.map(({ quantityBase, entryPrice, markPrice }) =>
    entryPrice === null || markPrice === null
      ? zero
      : decimal(markPrice).minus(decimal(entryPrice)).times(decimal(quantityBase)),
  );
  return sum([...coins, ...gains]);
}

function freeCash({ account, balances, freeMargin }: ReadAccount, bound: readonly BoundCoin[]): Decimal {
  const dollars = balances.filter(({ currency }) => isDollar(currency));
  const free = sum(dollars.map((balance) => decimal(balance.free)));
  const left = sum(dollars.map((balance) => maximum(zero, unbound(account, balance, bound))));
  const usable = freeMargin === null ? free : minimum(free, decimal(freeMargin));
  return maximum(zero, usable.minus(free.minus(left)));
}
