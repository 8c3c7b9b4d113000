/** One moment of an open position, as an exit rule sees it. */
import { basisBps } from '../../../src/domain/basis.ts';
import { decimal, zero } from '../../../src/domain/decimal.ts';
import type { Closing, RuleAnswer, Seen } from '../../../src/domain/exits/seen.ts';
import { everyPegExempt, type PegOf } from '../../../src/domain/peg.ts';
import { unrealisedPnl } from '../../../src/domain/pnl.ts';
import { sideOf, type ExitRules, type PositionPlan } from '../../../src/domain/position.ts';
import type { Watch } from '../../../src/domain/watch.ts';
import { examplePlan } from '../../support/plans.ts';
import { perpBook, spotBook } from '../../support/quotes.ts';

export const nowMs = 1_790_000_000_000;
export const hourMs = 3_600_000;

/** Long spot: 10,000 bought at 1.0000, sold at 1.0020, 1 USD of fees so far; closing fees of 0.5 bps a leg. */
export function watchOf(exits: Partial<ExitRules> = {}, change: Partial<PositionPlan> = {}): Watch {
  const plan = examplePlan({ direction: 'long_spot_short_perp', ...change });
  return {
    key: plan.key,
    workflowId: `position/${plan.key}`,
    plan: { ...plan, exits: { ...plan.exits, ...exits } },
    anchor: { wallMs: 0, marketMs: 0, scale: 1, tapeEndMs: null },
    spotQuantityBase: '10000',
    perpQuantityBase: '10000',
    spotOpenPrice: '1.0000',
    perpOpenPrice: '1.0020',
    openFeesUsd: '1',
    hedgedAtMs: nowMs - hourMs,
  };
}

/** Closing at these prices; opening again would be a spread of 1 bp a leg away. */
export function closingAt(watch: Watch, spot: string, perp: string, change: Partial<Closing> = {}): Closing {
  const [spotPrice, perpPrice] = [decimal(spot), decimal(perp)];
  const bps = basisBps(spotPrice, perpPrice);
  const signedBasisBps = sideOf(watch.plan.direction) === 1 ? bps : zero.minus(bps);
  return {
    close: { spotPrice, perpPrice, basisBps: bps, signedBasisBps },
    signedOpenBasisBps: signedBasisBps.minus(decimal('2')),
    shortDepth: null,
    pnl: unrealisedPnl(watch, { spotPrice, perpPrice }, zero),
    stopHeldForMs: 0,
    ...change,
  };
}

export function seenOf(watch: Watch, change: Partial<Seen> = {}): Seen {
  return {
    watch,
    nowWallMs: nowMs,
    heldForMs: hourMs,
    spotQuote: spotBook({ aliveAtMs: nowMs }),
    perpQuote: perpBook({ aliveAtMs: nowMs }),
    watchedSinceWallMs: null,
    closing: closingAt(watch, '1.0000', '1.0012'),
    expectedCarry: decimal('0.0001'),
    pegOf: everyPegExempt,
    perpReading: null,
    margin: null,
    tapeEnded: false,
    ...change,
  };
}

export function brokenPeg(broken: string): PegOf {
  const since = { wallMs: nowMs - 600_000, marketMs: nowMs - 600_000 };
  return (coin) => (coin === broken ? { kind: 'broken', since, detail: `${coin} at 0.9700 USD` } : { kind: 'held' });
}

/** What it leaves for, in words. */
export function leaves(answer: RuleAnswer | null): string {
  if (answer?.kind === 'leave') return answer.detail;
  return answer?.kind === 'concern' ? `no: ${answer.concern.message}` : `no: ${answer?.kind ?? 'nothing'}`;
}

export function concernOf(answer: RuleAnswer | null): string | null {
  return answer?.kind === 'concern' ? answer.concern.name : null;
}
