/**
 * Pegs: what a coin that should be worth a dollar is worth, and for how long it has not been.
 *
 * A pair such as USDC/USDT cannot say which of the two coins broke, so a coin's value is the median of its USD price at
 * two venues at least. With fewer live ones the peg is unknown, which is not the same as held.
 */
import { decimal, divide, one, type Decimal, type DecimalText } from './decimal.ts';
import { figure } from './figures.ts';

/** Coins that are meant to be worth a dollar. Any other coin has a peg only where references for it are configured. */
export const dollarCoins: ReadonlySet<string> = new Set(
  'USDC USDT DAI USDE USDS TUSD FDUSD PYUSD USDP GUSD BUSD FRAX LUSD RLUSD USDG USD1'.split(' '),
);

export interface PegRules {
  /** Beyond 1 ± this, in percent, a coin is off its peg. */
  readonly boundPct: DecimalText;
  /** Market time for which it must have been. */
  readonly holdMs: number;
}

/** A market that a coin's USD price is read from. */
export interface PegReference {
  readonly coin: string;
  readonly venue: string;
  readonly symbol: string;
}

export interface PegPrice {
  readonly venue: string;
  readonly priceUsd: Decimal;
}

export type PegState =
  /** Not a coin that has a peg, or nobody wants to know. */
  | { readonly kind: 'exempt' }
  /** Fewer than two venues show a price. */
  | { readonly kind: 'unknown'; readonly detail: string }
  | { readonly kind: 'held' }
  /** Beyond the bound, not yet for long enough. */
  | { readonly kind: 'slipping'; readonly since: PegMoment; readonly detail: string }
  | { readonly kind: 'broken'; readonly since: PegMoment; readonly detail: string };

export interface PegMoment {
  readonly wallMs: number;
  readonly marketMs: number;
}

/** What is known of a coin's peg now. */
export type PegOf = (coin: string) => PegState;

export const everyPegExempt: PegOf = () => ({ kind: 'exempt' });

/** Wall time as well: where market time runs fast, a depeg of some milliseconds is one bad tick. */
export const pegHoldWallMs = 3_000;

const hundred = decimal('100');
const two = decimal('2');

/** Median over venues, one price each. Null with fewer than two. */
export function medianUsdPrice(prices: readonly PegPrice[]): Decimal | null {
  const byVenue = [...new Map(prices.map((price) => [price.venue, price.priceUsd])).values()];
  if (byVenue.length < 2) return null;
  const sorted = byVenue.toSorted((first, second) => first.cmp(second));
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new Error('the median of nothing');
  return divide(lower.plus(upper), two);
}

/**
 * The peg's next state. A moment in which it is unknown ends a slip: for how long it lasted is then not known either.
 * @param before its state at the last look; null at first
 */
export function nextPegState(
  rules: PegRules,
  coin: string,
  prices: readonly PegPrice[],
  now: PegMoment,
  before: PegState | null,
): PegState {
  const median = medianUsdPrice(prices);
  if (median === null) {
    const seen = prices.map(({ venue }) => venue).join(', ') || 'no venue';
    return { kind: 'unknown', detail: `${coin}: ${seen} shows its USD price; two venues are needed` };
  }
  const offPct = median.minus(one).times(hundred);
  if (offPct.abs().lte(decimal(rules.boundPct))) return { kind: 'held' };
  const since = before?.kind === 'slipping' || before?.kind === 'broken' ? before.since : now;
  const hasHeld = now.marketMs - since.marketMs >= rules.holdMs && now.wallMs - since.wallMs >= pegHoldWallMs;
  const minutes = ((now.marketMs - since.marketMs) / 60_000).toFixed(1);
  const detail = `${coin} at ${figure(median, 4)} USD, beyond ±${rules.boundPct} % for ${minutes} min`;
  return { kind: hasHeld ? 'broken' : 'slipping', since, detail };
}

/** Why nothing is opened in these coins: one has no peg to rely on. Null: nothing stands against it. */
export function pegRefusal(pegOf: PegOf, coins: readonly string[]): string | null {
  const reasons = [...new Set(coins)].flatMap((coin) => {
    const state = pegOf(coin);
    switch (state.kind) {
      case 'exempt':
      case 'held':
        return [];
      case 'unknown':
        return [`depeg.references: the peg is unknown, ${state.detail}`];
      case 'slipping':
      case 'broken':
        return [`depeg: ${state.detail}`];
    }
  });
  return reasons.length === 0 ? null : reasons.join('; ');
}
