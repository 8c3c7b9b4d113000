/**
 * Giving up without Temporal what cannot be brought to zero: a perpetual that is not listed any more, a leg refused for
 * good, an exchange that is gone. Sends nothing. What is left is booked as no position's, and the position ends.
 */
import { decimal, zero } from '../../src/domain/decimal.ts';
import { legPlan } from '../../src/domain/execution/decide.ts';
import { project } from '../../src/domain/execution/observation.ts';
import { residualOf, type Residual } from '../../src/domain/execution/residual.ts';
import type { ClockAnchor } from '../../src/domain/market-clock.ts';
import type { Attribution } from '../../src/domain/pnl.ts';
import { legsToClose } from '../../src/domain/position-state.ts';
import type { PositionPlan, PositionStatus } from '../../src/domain/position.ts';
import type { PositionRow } from '../../src/ports/ledger.ts';
import { VenueError } from '../../src/ports/venue.ts';
import { bookForeign, finish, interestOf, observe, type HandPorts } from './break-glass.ts';

export type AcceptResult =
  | { readonly kind: 'accepted'; readonly left: Residual; readonly attribution: Attribution }
  /** It had ended before, and nothing was changed. */
  | {
      readonly kind: 'ended';
      readonly status: PositionStatus;
      readonly left: Residual;
      readonly attribution: Attribution | null;
    }
  | { readonly kind: 'refused'; readonly reason: string };

/** @param agrees asked once what is left has been told as progress; nothing is booked without a yes */
export async function acceptByHand(
  ports: HandPorts,
  key: string,
  anchor: ClockAnchor,
  agrees: () => Promise<boolean>,
): Promise<AcceptResult> {
  const { ledger, progress } = ports;
  const position = await ledger.position(key);
  if (position === null) return { kind: 'refused', reason: `no position ${key} in the ledger` };
  const { plan, status, attribution } = position;
  if (status === 'closed' || status === 'aborted') {
    const left = { spotBase: position.acceptedSpotBase, perpBase: position.acceptedPerpBase };
    return { kind: 'ended', status, left, attribution };
  }
  // What can be closed is closed first; and unfenced, its workflow could still trade what is given up here.
  if (!position.isFenced) {
    const reason = `${key} is not fenced: flatten --break-glass without --accept first closes what can be closed`;
    return { kind: 'refused', reason };
  }
  await bookNews(ports, position, anchor);
  const left = await leftOf(ports, position);
  if (left.kind === 'refused') return left;
  for (const line of linesOf(plan, left.left)) progress(line);
  if (!(await agrees())) return { kind: 'refused', reason: 'not confirmed: nothing was accepted' };
  // A person may think for long, and another one trade meanwhile.
  const now = await leftOf(ports, position);
  if (now.kind === 'refused') return now;
  if (!isSame(now.left, left.left))
    return { kind: 'refused', reason: 'what is left has changed meanwhile: nothing was accepted; run it again' };
  await ledger.acceptResidual(key, left.left);
  return {
    kind: 'accepted',
    left: left.left,
    attribution: await finish(ports, position, position.openedAtMarketMs !== null, anchor),
  };
}

/** Our own orders to their end, and what the exchanges have done by themselves, as far as they answer. */
async function bookNews(ports: HandPorts, position: PositionRow, anchor: ClockAnchor): Promise<void> {
  const { plan } = position;
  // First our own: while one is on its way, no fill can be called another's.
  await observe(ports, position);
  for (const why of (await bookForeign(ports, plan, anchor)).values())
    ports.progress(`${why}: what it did by itself since may be missing below`);
  try {
    await interestOf(ports, plan);
  } catch (error) {
    if (!(error instanceof VenueError)) throw error;
    ports.progress(`the newest interest at ${plan.spot.account} is not booked: ${error.message}`);
  }
}

/** What is on its way is no amount yet, and nothing that could be given up. */
async function leftOf(
  ports: HandPorts,
  position: PositionRow,
): Promise<{ kind: 'known'; left: Residual } | { kind: 'refused'; reason: string }> {
  const { direction } = position.plan;
  const observations = await observe(ports, position);
  const { spot, perp } = project(direction, observations);
  const unknown = [spot, perp].flatMap(({ unresolved, resting }) => [...unresolved, ...resting]);
  if (unknown.length > 0) {
    const ids = unknown.map(({ order }) => `${order.clientOrderId} at ${order.account}`).join(', ');
    return { kind: 'refused', reason: `not known yet: ${ids}; run it again when its exchange answers` };
  }
  const legs = legsToClose(position.baselineChange === undefined ? null : { keepsQuote: true });
  return { kind: 'known', left: residualOf(direction, observations, legs) };
}

function isSame(one: Residual, other: Residual): boolean {
  return one.spotBase === other.spotBase && one.perpBase === other.perpBase;
}

/** What is left, a line each leg that holds something. */
function linesOf(plan: PositionPlan, { spotBase, perpBase }: Residual): string[] {
  const lines = (
    [
      ['spot', spotBase],
      ['perp', perpBase],
    ] as const
  ).flatMap(([leg, base]) => {
    const { account, instrument } = legPlan(plan, leg);
    return decimal(base).eq(zero) ? [] : [`left at ${account}: ${base} of ${instrument.symbol}`];
  });
  return lines.length === 0 ? ['nothing is left by the ledger'] : lines;
}
