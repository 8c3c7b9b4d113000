/**
 * How large a share of equity the history of a kind of trade is worth: half-Kelly, with priors that a short history
 * hardly moves.
 *
 *     W̄ = (Σ wins + 5·W₀)/(n_w + 5), L̄ likewise; b = W̄/L̄; p = (κ/(1 + b) + n_w)/(κ + n); f = p − (1 − p)/b
 *
 * W₀ = L₀ are the opportunity's four fees, at least one bp: without fees, or with rebates, a history without a loss would
 * divide by nothing. Returns are P&L over spot notional; one of exactly 0 is a loss.
 */
import {
  decimal,
  divide,
  maximum,
  minimum,
  one,
  sum,
  zero,
  type Decimal,
  type DecimalText,
} from '../domain/decimal.ts';
import { figure } from '../domain/figures.ts';
import type { Direction } from '../domain/direction.ts';

/** A position that has ended after it had traded, be it that its opening was taken back. */
export interface ClosedTrade {
  readonly asset: string;
  readonly direction: Direction;
  readonly pairId: string;
  readonly realisedUsd: DecimalText;
  readonly notionalUsd: DecimalText;
  readonly closedAtMarketMs: number;
}

export type Stake =
  /** Too little history anywhere: a fixed amount. */
  | { readonly kind: 'bootstrap'; readonly detail: string }
  /** Of equity, put at notional. */
  | { readonly kind: 'fraction'; readonly fraction: Decimal; readonly detail: string }
  /** The history speaks against it. */
  | { readonly kind: 'none'; readonly detail: string };

const priorTrades = decimal('5');
const leastPrior = decimal('0.0001');
const kappa = decimal('20');
const leastTrades = 30;
const mostOfEquity = decimal('0.25');
const half = decimal('0.5');
export const historyMs = 180 * 86_400_000;

export type TradeOf = Pick<ClosedTrade, 'asset' | 'direction' | 'pairId'>;

/** @param fourFees of the opportunity, as a fraction of notional */
export function kellyStake(trades: readonly ClosedTrade[], of: TradeOf, fourFees: Decimal, nowMarketMs: number): Stake {
  const group = historyFor(trades, of, nowMarketMs);
  if (group === null)
    return { kind: 'bootstrap', detail: `bootstrapUsd, with under ${leastTrades} trades to learn from` };
  const fraction = kellyFraction(group.returns, fourFees);
  const detail = `half-Kelly of ${group.returns.length} trades of ${group.name}`;
  if (fraction.lte(zero)) return { kind: 'none', detail: `${detail}: f = ${figure(fraction, 3)}, not above 0` };
  const stake = minimum(mostOfEquity, fraction.times(half));
  return {
    kind: 'fraction',
    fraction: stake,
    detail: `${detail}, ${figure(stake.times(decimal('100')), 1)} % of equity`,
  };
}

/** f of the returns. */
export function kellyFraction(returns: readonly Decimal[], fourFees: Decimal): Decimal {
  const wins = returns.filter((value) => value.gt(zero));
  const losses = returns.filter((value) => value.lte(zero)).map((value) => value.abs());
  const prior = maximum(leastPrior, fourFees);
  const b = divide(withPrior(wins, prior), withPrior(losses, prior));
  const [count, won] = [decimal(String(returns.length)), decimal(String(wins.length))];
  const p = divide(divide(kappa, one.plus(b)).plus(won), kappa.plus(count));
  return p.minus(divide(one.minus(p), b));
}

function withPrior(values: readonly Decimal[], prior: Decimal): Decimal {
  const total = sum(values).plus(priorTrades.times(prior));
  return divide(total, priorTrades.plus(decimal(String(values.length))));
}

/** The narrowest group that is large enough: (asset, side, pair), (asset, side), all. */
function historyFor(
  trades: readonly ClosedTrade[],
  { asset, direction, pairId }: TradeOf,
  nowMarketMs: number,
): { readonly name: string; readonly returns: readonly Decimal[] } | null {
  const recent = trades.filter(({ closedAtMarketMs }) => nowMarketMs - closedAtMarketMs <= historyMs);
  const side = recent.filter((trade) => trade.asset === asset && trade.direction === direction);
  const groups = [
    { name: `${pairId}, this side`, members: side.filter((trade) => trade.pairId === pairId) },
    { name: `${asset}, this side`, members: side },
    { name: 'everything', members: recent },
  ];
  const found = groups.find(({ members }) => members.length >= leastTrades);
  if (found === undefined) return null;
  const returns = found.members.map(({ realisedUsd, notionalUsd }) =>
    divide(decimal(realisedUsd), decimal(notionalUsd)),
  );
  return { name: found.name, returns };
}
