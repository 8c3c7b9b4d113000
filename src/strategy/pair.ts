/** What the strategy decides on: a pair with its accounts' terms, the rules, and what the market shows. */
import type { CoinLoan, MarginState } from '../domain/margin/borrow.ts';
import type { FundingOutlook } from '../domain/carry.ts';
import { exchangePair } from '../domain/exchange-of.ts';
import type { DecimalText } from '../domain/decimal.ts';
import type { LegPlan, PositionKind } from '../domain/position.ts';
import type { Quote } from '../domain/quote.ts';

export interface Pair {
  readonly pairId: string;
  readonly asset: string;
  readonly spot: LegPlan;
  readonly perp: LegPlan;
  /** Of the perpetual's account. */
  readonly leverage: DecimalText;
  /** What its positions may be entered for; `basis` where it is not said. */
  readonly kinds?: readonly PositionKind[];
}

/** When to enter and when to leave; the names are the configuration's. */
export interface StrategyRules {
  readonly entryBps: DecimalText;
  readonly exitBps: DecimalText;
  /** What gaps are measured from: zero, or the median of the pair's mid basis over the last 168 hours. */
  readonly centre: 'zero' | 'median';
  /** Null: no threshold, but the expected return must still be positive. */
  readonly minNetApyPct: DecimalText | null;
  /** A person's choice: only the gap decides, whatever return is expected. */
  readonly anyReturn?: boolean;
  /** Market days over which the return is expected. */
  readonly horizonDays: DecimalText;
  readonly maxHoldingDays: DecimalText;
  readonly stopLossPct: DecimalText;
  readonly profitTargetPct: DecimalText;
  readonly convergence: 'net' | 'literal';
  /** Null: positions are held through a depeg. */
  readonly depeg: { readonly maxCostBps: DecimalText; readonly buyBack: boolean } | null;
  readonly liquidationDistancePct: DecimalText;
  readonly liquidationTargetPct: DecimalText;
  readonly fundingFlip: 'on' | 'off';
  /** Wall time. */
  readonly venueDown: { readonly afterMs: number; readonly closeReachable: boolean };
  /** Null: nothing is entered for the carry alone. */
  readonly funding: FundingRules | null;
  readonly shortSpot: 'inventory' | 'borrow' | 'off';
  /** Both sides of both order books hold this many times the size within `depthWithinBps`; null: not asked for. */
  readonly minDepthMultiple: DecimalText | null;
  readonly depthWithinBps: DecimalText;
}

/** What `maxPairUsd` is of. */
export function venuePair({ spot, perp }: Pick<Pair, 'spot' | 'perp'>): string {
  return exchangePair(spot.instrument.venue, perp.instrument.venue);
}

/** The coins that a position in the pair holds or settles in. */
export function coinsOf({ spot, perp }: Pick<Pair, 'spot' | 'perp'>): readonly string[] {
  return [spot.instrument.base, spot.instrument.quote, perp.instrument.settle ?? perp.instrument.quote];
}

/** Positions that are entered for the carry. */
export interface FundingRules {
  readonly minNetApyPct: DecimalText;
  /** Market days; null: reviews alone decide. */
  readonly maxLifeDays: DecimalText | null;
}

export interface PairMarket {
  readonly spotQuote: Quote;
  readonly perpQuote: Quote;
  readonly funding: FundingOutlook;
  /** The pair's median basis; null: not known. Asked for with `centre: median` alone. */
  readonly centreBps?: DecimalText | null;
  /** What the spot account can borrow of the asset; null or absent: it is not known. */
  readonly loan?: LoanOffer | null;
  readonly nowWallMs: number;
  readonly nowMarketMs: number;
}

/** A loan of one coin, as the latest reading of the account shows it. */
export interface LoanOffer extends CoinLoan {
  readonly collateralRate: DecimalText;
  /** Wall time of the reading. */
  readonly readAtMs: number;
}

/** Null: the reading says nothing of the coin. */
export function loanOffer(
  reading: { readonly margin?: MarginState; readonly readAtMs: number } | null | undefined,
  coin: string,
): LoanOffer | null {
  const loan = reading?.margin?.loans.find(({ currency }) => currency === coin);
  if (reading?.margin === undefined || loan === undefined) return null;
  return { ...loan, collateralRate: reading.margin.collateralRate, readAtMs: reading.readAtMs };
}
