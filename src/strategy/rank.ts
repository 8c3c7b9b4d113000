/** Orders opportunities by what they pay for the risk taken: net APY over risk score. */
import { decimal, divide, one, type Decimal, type DecimalText } from '../domain/decimal.ts';
import type { ApprovedSide } from './evaluate.ts';

/** The article's scores by venue, lower being safer; its venues' ccxt ids included. Any other venue has 3. */
export const venueRiskScores: Readonly<Record<string, DecimalText>> = {
  coinbase: '1.0',
  coinbaseadvanced: '1.0',
  binance: '1.2',
  binanceusdm: '1.2',
  dydx: '1.5',
  ftx: '2.0',
  gmx: '2.5',
};
const unknownVenueScore = '3.0';

/** Mean of the two venues' scores × `volatilityMultiplier` (1 while the basis history is too short to say). */
export function riskScore(
  spotVenue: string,
  perpVenue: string,
  volatilityMultiplier: Decimal = one,
  scores: Readonly<Record<string, DecimalText>> = venueRiskScores,
): Decimal {
  const score = (venue: string): Decimal =>
    decimal(Object.hasOwn(scores, venue) ? (scores[venue] ?? unknownVenueScore) : unknownVenueScore);
  return divide(score(spotVenue).plus(score(perpVenue)), decimal('2')).times(volatilityMultiplier);
}

export type ScoreOf = (side: Pick<ApprovedSide, 'pair'>) => Decimal;

const scoreOfVenues: ScoreOf = ({ pair }) => riskScore(pair.spot.instrument.venue, pair.perp.instrument.venue);

/** Net APY over risk score: what sides are ranked by. */
export function rating(side: Pick<ApprovedSide, 'pair' | 'expected'>, scoreOf: ScoreOf = scoreOfVenues): Decimal {
  return divide(side.expected.apyPct, scoreOf(side));
}

/** Best first. Ties: the larger net return, then the pair id, then long before short. The input is left as it is. */
export function rank<Side extends ApprovedSide>(approved: readonly Side[], scoreOf: ScoreOf = scoreOfVenues): Side[] {
  const rated = approved.map((side) => ({ side, rated: rating(side, scoreOf) }));
  rated.sort(
    (first, second) =>
      second.rated.cmp(first.rated) ||
      second.side.expected.net.cmp(first.side.expected.net) ||
      inOrder(first.side.pair.pairId, second.side.pair.pairId) ||
      inOrder(first.side.direction, second.side.direction),
  );
  return rated.map(({ side }) => side);
}

/** By code unit, the same in every locale. */
function inOrder(first: string, second: string): number {
  return first < second ? -1 : first > second ? 1 : 0;
}
