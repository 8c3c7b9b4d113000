/**
 * Two venues of a random temper, as a position's orders meet them: fills in parts and at any moment, refusals, replies
 * that are lost, requests that never arrive, cancels that come too late. What is true there and what is known of it are
 * kept apart.
 */
import { decimal, maximum, minimum, sum, toText, zero, type Decimal } from '../../../src/domain/decimal.ts';
import { legPlan, type Move } from '../../../src/domain/execution/moves.ts';
import type { OrderObservation, OrderResolution } from '../../../src/domain/execution/observation.ts';
import { feeIsTakenFromBase, fractionOfBps } from '../../../src/domain/fees.ts';
import type { LegName, Order } from '../../../src/domain/order.ts';
import type { PositionPlan } from '../../../src/domain/position.ts';

export interface VenueTruth {
  readonly order: Order;
  filled: Decimal;
  isOpen: boolean;
}

export type Random = () => number;

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export class RandomVenues {
  readonly orders: VenueTruth[] = [];
  readonly #plan: PositionPlan;
  readonly #random: Random;
  /** How often something goes wrong, drawn for each episode: some are calm, some are all trouble. */
  readonly #trouble: number;
  readonly #appetite: number;

  constructor(plan: PositionPlan, random: Random) {
    this.#plan = plan;
    this.#random = random;
    this.#trouble = random() * 0.6;
    this.#appetite = random();
  }

  /** Signed for the position: what a leg truly holds, net of fees in the base coin. */
  held(leg: LegName): Decimal {
    const sign = (order: Order): Decimal => (order.purpose === 'trim' || order.purpose === 'unwind' ? minusOne : one);
    return sum(
      this.orders
        .filter(({ order }) => order.leg === leg)
        .map((truth) => this.#received(truth).abs().times(sign(truth.order))),
    );
  }

  openOn(leg: LegName): VenueTruth[] {
    return this.orders.filter(({ order, isOpen }) => isOpen && order.leg === leg);
  }

  /** Anything that rests may fill, at any moment. */
  pass(): void {
    for (const truth of this.orders) {
      if (truth.isOpen && this.#random() < this.#appetite) this.#fill(truth);
    }
  }

  /** Sends a marketable order: it ends at once, but what became of it may be unknown. */
  take(order: Order): OrderResolution {
    const luck = this.#random();
    if (luck < this.#trouble * 0.4) return this.#refusal();
    const isLost = luck < this.#trouble;
    if (isLost && this.#random() < 0.5) return { kind: 'unresolved' };
    const truth: VenueTruth = { order, filled: zero, isOpen: true };
    this.orders.push(truth);
    if (this.#random() > this.#trouble * 0.3) this.#fill(truth);
    truth.isOpen = false;
    return isLost ? { kind: 'unresolved' } : this.#seen(truth, 'done');
  }

  /** Lets an order rest: it may be refused, lost on the way there or back, or ended by the venue at once. */
  rest(order: Order): OrderResolution {
    const luck = this.#random();
    if (luck < this.#trouble * 0.5) return this.#refusal();
    const isLost = luck < this.#trouble;
    if (isLost && this.#random() < 0.5) return { kind: 'unresolved' };
    const truth: VenueTruth = { order, filled: zero, isOpen: this.#random() > this.#trouble * 0.2 };
    this.orders.push(truth);
    if (isLost) return { kind: 'unresolved' };
    return this.#seen(truth, truth.isOpen ? 'resting' : 'done');
  }

  /** What a look shows now; more may fill right after it. */
  look({ order }: OrderObservation): OrderResolution {
    const truth = this.#find(order);
    if (truth === undefined) throw new Error('a resting order that is not there');
    return this.#seen(truth, truth.isOpen ? 'resting' : 'done');
  }

  /** Cancels what rests, too late or not, and tells its final state; what never arrived is proven absent. */
  end({ order }: OrderObservation): OrderResolution {
    const truth = this.#find(order);
    if (truth === undefined) return { kind: 'not_executed', reason: 'absent', retryable: true, retryAfterMs: null };
    if (truth.isOpen && this.#random() < 0.5) this.#fill(truth);
    truth.isOpen = false;
    return this.#seen(truth, 'done');
  }

  #find(order: Order): VenueTruth | undefined {
    return this.orders.find((truth) => truth.order.clientOrderId === order.clientOrderId);
  }

  #refusal(): OrderResolution {
    const retryable = this.#random() < 0.7;
    const luck = this.#random();
    const retryAfterMs = luck < 0.1 ? 120_000 : luck < 0.3 ? 250 : null;
    return { kind: 'not_executed', reason: 'refused', retryable, retryAfterMs };
  }

  /** All of the rest, a part of it, or next to nothing. */
  #fill(truth: VenueTruth): void {
    const rest = decimal(truth.order.quantityBase).minus(truth.filled);
    const step = decimal(legPlan(this.#plan, truth.order.leg).instrument.quantityStep);
    const luck = this.#random();
    const share = luck < 0.4 ? 1 : luck < 0.6 ? 0.002 : this.#random();
    const part = rest
      .times(decimal(share.toFixed(4)))
      .div(step)
      .round(0, 0)
      .times(step);
    const filled = minimum(rest, maximum(step, part));
    truth.filled = truth.filled.plus(filled);
    if (truth.filled.gte(decimal(truth.order.quantityBase))) truth.isOpen = false;
  }

  #received({ order, filled }: VenueTruth): Decimal {
    const leg = legPlan(this.#plan, order.leg);
    const bps = order.timeInForce === 'post_only' ? (leg.makerFeeBps ?? leg.takerFeeBps) : leg.takerFeeBps;
    const fee = feeIsTakenFromBase(leg, order.side) ? filled.times(fractionOfBps(decimal(bps))) : zero;
    return (order.side === 'buy' ? filled : zero.minus(filled)).minus(fee);
  }

  #seen(truth: VenueTruth, kind: 'resting' | 'done'): OrderResolution {
    const filledBase = toText(truth.filled);
    const receivedBase = toText(this.#received(truth));
    return { kind, filledBase, receivedBase, averagePrice: null, feesQuote: '0', firstFillAtMs: null };
  }
}

const one = decimal('1');
const minusOne = decimal('-1');

export function orderOf(plan: PositionPlan, move: Move, timeInForce: Order['timeInForce']): Order {
  const { leg, side, purpose, step, attempt, quantityBase, reduceOnly } = move;
  const { account, instrument } = legPlan(plan, leg);
  return {
    leg,
    account,
    venue: instrument.venue,
    symbol: instrument.symbol,
    side,
    purpose,
    step,
    attempt,
    quantityBase,
    limitPrice: '1',
    timeInForce,
    reduceOnly,
    clientOrderId: `${leg}/${purpose}/${step}/${attempt}`,
    positionKey: plan.key,
  };
}
