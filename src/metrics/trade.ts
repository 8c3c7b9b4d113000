/** A position that has ended, as reports count it; and the capital that a position ties up. */
import { spotShare } from '../domain/portfolio/buckets.ts';
import { approximate, decimal, divide, toText, zero, type DecimalText } from '../domain/decimal.ts';
import type { Attribution } from '../domain/pnl.ts';
import {
  kindOf,
  type ExitReason,
  type PositionKind,
  type PositionPlan,
  type PositionStatus,
} from '../domain/position.ts';
import type { Watch } from '../domain/watch.ts';
import { dayMs } from './ratio.ts';
import type { Direction } from '../domain/direction.ts';

export interface Trade {
  readonly key: string;
  readonly pairId: string;
  readonly asset: string;
  /** `bybit/binanceusdm`: spot, perpetual. */
  readonly venuePair: string;
  readonly side: Direction;
  readonly kind: PositionKind;
  /** `aborted`: its opening was taken back, at whatever that cost. */
  readonly exit: ExitReason | 'aborted';
  /** Market time; null when it was never hedged. */
  readonly openedAtMs: number | null;
  readonly closedAtMs: number;
  /** Q·S at the open. */
  readonly notionalUsd: DecimalText;
  readonly attribution: Attribution;
}

/** Capital that was tied up for a time; still is, without an end. */
export interface Deployment {
  readonly capitalUsd: DecimalText;
  readonly openedAtMs: number;
  readonly closedAtMs: number | null;
}

/** A position of the ledger. */
export interface RecordedPosition {
  readonly position: {
    readonly key: string;
    readonly plan: PositionPlan;
    readonly status: PositionStatus;
    readonly exitReason: ExitReason | null;
    readonly openedAtMarketMs: number | null;
    readonly closedAtMarketMs: number | null;
    readonly attribution: Attribution | null;
    /** Coins that its spot leg sold from inventory for good. */
    readonly baselineChange?: {
      readonly account: string;
      readonly currency: string;
      readonly quantityBase: DecimalText;
    };
  };
  readonly watch: Watch | null;
}

/** Null for one that has not ended, or that ended without a trade. */
export function tradeOf({ position, watch }: RecordedPosition): Trade | null {
  const { key, plan, attribution, closedAtMarketMs, openedAtMarketMs } = position;
  if (attribution === null || closedAtMarketMs === null) return null;
  const isAborted = position.status === 'aborted';
  if (isAborted && Object.values(attribution).every((amount) => decimal(amount).eq(zero))) return null;
  return {
    key,
    pairId: plan.pairId,
    asset: plan.asset,
    venuePair: `${plan.spot.instrument.venue}/${plan.perp.instrument.venue}`,
    side: plan.direction,
    kind: kindOf(plan),
    exit: isAborted ? 'aborted' : (position.exitReason ?? 'force_close'),
    openedAtMs: openedAtMarketMs,
    closedAtMs: closedAtMarketMs,
    notionalUsd: watch === null ? plan.notionalUsd : notionalOf(watch),
    attribution,
  };
}

/**
 * k·Q·S + Q·P / leverage, fixed at the opening fills; k as in `capitalUsd`. A reduction gives none of it back before the
 * end. Null for one that was never hedged.
 */
export function deploymentOf({ position, watch }: RecordedPosition): Deployment | null {
  const { openedAtMarketMs, closedAtMarketMs } = position;
  if (openedAtMarketMs === null || watch === null) return null;
  const perpUsd = decimal(watch.reduced?.openedSpotBase ?? watch.perpQuantityBase).times(decimal(watch.perpOpenPrice));
  const marginUsd = divide(perpUsd, decimal(watch.plan.leverage), 8);
  const spotUsd = decimal(notionalOf(watch)).times(spotShare(watch.plan));
  const capitalUsd = toText(spotUsd.plus(marginUsd));
  return { capitalUsd, openedAtMs: openedAtMarketMs, closedAtMs: closedAtMarketMs };
}

/** Σ capital · days between two times, in dollar-days. */
export function capitalDays(deployments: readonly Deployment[], fromMs: number, toMs: number): number {
  return deployments.reduce((total, { capitalUsd, openedAtMs, closedAtMs }) => {
    const heldMs = Math.min(closedAtMs ?? toMs, toMs) - Math.max(openedAtMs, fromMs);
    return total + approximate(decimal(capitalUsd)) * (Math.max(0, heldMs) / dayMs);
  }, 0);
}

function notionalOf({ spotQuantityBase, spotOpenPrice, reduced }: Watch): DecimalText {
  return toText(decimal(reduced?.openedSpotBase ?? spotQuantityBase).times(decimal(spotOpenPrice)));
}
