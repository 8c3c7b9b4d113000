/** A position that opens by resting orders. */
import type { MakerStyle, PositionPlan } from '../../src/domain/position.ts';
import { examplePlan } from './plans.ts';

/** 10,000 USDC in quotes of about 1,000; the maker fee of either leg is 1 bps under its taker fee unless given. */
export function makerPlan(style: Partial<MakerStyle> = {}, change: Partial<PositionPlan> = {}): PositionPlan {
  const plan = examplePlan(change);
  return {
    ...plan,
    style: {
      kind: 'maker_hedge',
      makerLeg: 'perp',
      makerDeadlineMs: 60_000,
      maxUnhedgedUsd: '1000',
      atMakerDeadline: 'stop',
      ...style,
    },
  };
}
