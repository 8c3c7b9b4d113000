/**
 * Openings by resting orders against venues of every temper, many thousand times. Whatever they do: what has no hedge
 * stays within its bound, a leg never has two orders that may fill, nothing is bought twice, and the end is hedged or
 * flat. `EPISODES=1000000 node --test test/domain/execution/quoting-episodes.test.ts` runs more; `SEED` begins elsewhere.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimal, divide, sum, toText, zero, type Decimal } from '../../../src/domain/decimal.ts';
import { decideFlat, decideOpening } from '../../../src/domain/execution/decide.ts';
import { referencePrice, type Move } from '../../../src/domain/execution/moves.ts';
import { project, type OrderObservation, type OrderResolution } from '../../../src/domain/execution/observation.ts';
import { coarserLot } from '../../../src/domain/execution/quantity.ts';
import type { LegName, Order } from '../../../src/domain/order.ts';
import { isStillDecided } from '../../../src/domain/execution/still-decided.ts';
import type { MakerStyle, PositionPlan } from '../../../src/domain/position.ts';
import { makerPlan } from '../../support/makers.ts';
import { orderOf, RandomVenues, seeded, type Random } from './quoting-venue.ts';
import type { Decision } from '../../../src/domain/execution/decision.ts';

const episodes = Number(process.env['EPISODES'] ?? '4000');
const firstSeed = Number(process.env['SEED'] ?? '1');

test(`${episodes} openings by resting orders stay within their bounds and end hedged or flat`, () => {
  const ends = new Map<string, number>();
  for (let seed = firstSeed; seed < firstSeed + episodes; seed += 1) {
    try {
      const episode = new Episode(seed);
      const end = episode.run();
      ends.set(end, (ends.get(end) ?? 0) + 1);
    } catch (error) {
      throw new Error(`SEED=${seed} EPISODES=1: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }
  // Every kind of end must have been reached, or the venues are not as random as they should be.
  for (const end of ['hedged', 'flat', 'unwound']) assert.ok((ends.get(end) ?? 0) > 0, `none ended ${end}`);
});

/** The larger minimum of the two venues, 5 USD, in whole coins at 0.999 with a lot and a fee on top. */
const smallestOrder = decimal('7.1');

class Episode {
  readonly #random: Random;
  readonly #plan: PositionPlan;
  readonly #style: MakerStyle;
  readonly #venues: RandomVenues;
  #observations: OrderObservation[] = [];
  #nowMs = 0;
  #unequalSinceMs: number | null = null;
  #isOver = false;
  #isQuoteStale = false;
  #mayConvert = true;
  /** From then on both legs are taken at once, and the bound on resting orders says nothing. */
  #isTaken = false;

  constructor(seed: number) {
    this.#random = seeded(seed);
    this.#plan = randomPlan(this.#random);
    assert.ok(this.#plan.style?.kind === 'maker_hedge');
    this.#style = this.#plan.style;
    this.#venues = new RandomVenues(this.#plan, this.#random);
  }

  run(): 'hedged' | 'flat' | 'unwound' | 'unfinished' {
    let phase: 'opening' | 'unwinding' = 'opening';
    for (let turn = 0; turn < 600; turn += 1) {
      this.#pass(this.#random() * 2_000);
      const decide = (): Decision =>
        phase === 'opening' ? this.#decide() : decideFlat(this.#plan, this.#observations, 'unwind', true);
      const decision = decide();
      // A workflow's opening may fail on its way, with an order at rest.
      if (phase === 'opening' && this.#random() < 0.005) {
        phase = 'unwinding';
        this.#isTaken = true;
        continue;
      }
      switch (decision.kind) {
        case 'hedged':
          this.#assertEqual();
          return 'hedged';
        case 'flat':
          this.#assertFlat();
          return phase === 'opening' ? 'flat' : 'unwound';
        case 'unwind':
          phase = 'unwinding';
          this.#isTaken = true;
          break;
        case 'stuck':
          assert.fail(`it is forced and stuck: ${decision.reason}`);
        default:
          this.#act(decision, decide);
      }
    }
    assert.equal(phase, 'unwinding', 'an opening comes to an end');
    return 'unfinished';
  }

  #decide(): Decision {
    const { spot, perp } = project(this.#plan.direction, this.#observations);
    const isEqual = spot.heldBase.minus(perp.heldBase).abs().lte(this.#lot());
    this.#unequalSinceMs = isEqual ? null : (this.#unequalSinceMs ?? this.#nowMs);
    return decideOpening(this.#plan, this.#observations, this.#nowMs, 0, {
      startedAtMs: 0,
      unequalSinceMs: this.#unequalSinceMs,
      isOver: this.#isOver,
      isQuoteStale: this.#isQuoteStale,
      mayConvert: this.#mayConvert && !this.#isOver,
    });
  }

  /** @param again what is decided after a wait */
  #act(decision: Exclude<Decision, { kind: 'hedged' | 'flat' | 'unwind' | 'stuck' }>, again: () => Decision): void {
    switch (decision.kind) {
      case 'resolve':
        for (const id of decision.clientOrderIds) this.#update(id, (one) => this.#venues.end(one));
        this.#isQuoteStale = false;
        return;
      case 'send':
        if (decision.endFirst !== undefined) {
          for (const id of decision.endFirst) this.#update(id, (one) => this.#venues.end(one));
          return;
        }
        this.#wait(decision.moves, decision.afterMs);
        if (decision.afterMs === 0 || isStillDecided(decision.moves, movesOf(again()))) this.#send(decision.moves);
        return;
      case 'convert':
        if (this.#random() < 0.3) {
          this.#mayConvert = false;
          return;
        }
        this.#isTaken = true;
        this.#send(decision.moves);
        return;
      case 'quote':
        this.#assertHedged();
        this.#pass(decision.afterMs);
        // The gap may be gone, for good or for a while; a person may ask for a close meanwhile.
        if (this.#random() < 0.03) this.#isOver = true;
        else this.#place(decision.move, 'post_only', (order) => this.#venues.rest(order));
        return;
      case 'watch':
        this.#assertHedged();
        this.#watch(decision.clientOrderId, decision.wakeAtBase);
    }
  }

  #watch(id: string, wakeAtBase: string): void {
    for (let look = 0; look < 20; look += 1) {
      this.#pass(500);
      const [known] = this.#observations.filter(({ order }) => order.clientOrderId === id);
      assert.ok(known);
      const seen = this.#venues.look(known);
      const isWoken =
        seen.kind === 'done' || (seen.kind === 'resting' && decimal(seen.filledBase).gte(decimal(wakeAtBase)));
      if (isWoken || this.#random() < 0.1) {
        this.#update(id, () => seen);
        return;
      }
      if (this.#random() < 0.1) break;
    }
    if (this.#random() < 0.1) this.#isOver = true;
    else this.#isQuoteStale = true;
  }

  #send(moves: readonly Move[]): void {
    assert.equal(new Set(moves.map(({ leg }) => leg)).size, moves.length, 'one order a leg');
    for (const move of moves) this.#place(move, 'ioc', (order) => this.#venues.take(order));
  }

  #place(move: Move, timeInForce: Order['timeInForce'], send: (order: Order) => OrderResolution): void {
    const order = orderOf(this.#plan, move, timeInForce);
    const ids = this.#observations.map((one) => one.order.clientOrderId);
    assert.ok(!ids.includes(order.clientOrderId), `${order.clientOrderId} is used twice`);
    assert.deepEqual(this.#venues.openOn(move.leg), [], `${move.leg} has an order that may fill, and gets another`);
    assert.ok(
      this.#observations.every((one) => one.order.leg !== move.leg || one.resolution.kind !== 'unresolved'),
      `${move.leg} has an unresolved order, and gets another`,
    );
    this.#observations = [...this.#observations, { order, resolution: send(order) }];
    this.#assertBounds();
  }

  #update(id: string, resolution: (known: OrderObservation) => OrderResolution): void {
    this.#observations = this.#observations.map((one) =>
      one.order.clientOrderId === id ? { ...one, resolution: resolution(one) } : one,
    );
    this.#assertBounds();
  }

  #pass(durationMs: number): void {
    this.#nowMs += durationMs;
    this.#venues.pass();
    this.#assertBounds();
  }

  /** A hedge waits no longer than a fill may be without one, and nothing is at rest that could fill unseen. */
  #wait(moves: readonly Move[], waitMs: number): void {
    const isHedge = moves.some(({ purpose }) => purpose === 'hedge');
    assert.ok(!isHedge || waitMs <= this.#plan.hedgeDeadlineMs, `a hedge waits for ${waitMs} ms`);
    if (waitMs > 1_000) this.#assertNothingOpen();
    this.#pass(waitMs);
  }

  /** Before anything rests, or is left at rest, what is known to be filled is hedged, as far as it can be. */
  #assertHedged(): void {
    const received = (leg: LegName): Decimal =>
      sum(
        this.#observations.map(({ order, resolution }) =>
          order.leg === leg && 'receivedBase' in resolution ? decimal(resolution.receivedBase) : zero,
        ),
      );
    const excess = received('spot').abs().minus(received('perp').abs()).abs();
    assert.ok(excess.lt(smallestOrder), `${toText(excess)} is known to have no hedge`);
  }

  /** Of what is true at the venues, whether known or not. */
  #assertBounds(): void {
    const [spot, perp] = [this.#venues.held('spot'), this.#venues.held('perp')];
    const whole = decimal(this.#plan.quantityBase).plus(this.#lot());
    for (const held of [spot, perp]) {
      assert.ok(held.lte(whole), `${toText(held)} is held of ${this.#plan.quantityBase}`);
      assert.ok(held.gte(zero.minus(this.#lot())), `${toText(held)} is held`);
    }
    if (this.#isTaken) return;
    const price = referencePrice(this.#plan, this.#style.makerLeg);
    const unhedged = spot.minus(perp).abs();
    const rest = this.#venues
      .openOn(this.#style.makerLeg)
      .map(({ order, filled }) => decimal(order.quantityBase).minus(filled));
    const exposed = unhedged.plus(rest[0] ?? zero);
    const bound = divide(decimal(this.#style.maxUnhedgedUsd), price).plus(this.#lot().times(decimal('2')));
    assert.ok(exposed.lte(bound), `${toText(unhedged)} has no hedge and ${toText(rest[0] ?? zero)} rests`);
  }

  #assertEqual(): void {
    const difference = this.#venues.held('spot').minus(this.#venues.held('perp')).abs();
    assert.ok(difference.lte(this.#lot()), `hedged with a difference of ${toText(difference)}`);
    this.#assertNothingOpen();
  }

  #assertFlat(): void {
    for (const leg of ['spot', 'perp'] as const) {
      assert.ok(
        this.#venues.held(leg).abs().lt(smallestOrder),
        `flat with ${toText(this.#venues.held(leg))} of ${leg}`,
      );
    }
    this.#assertNothingOpen();
  }

  #assertNothingOpen(): void {
    assert.deepEqual([...this.#venues.openOn('spot'), ...this.#venues.openOn('perp')], []);
  }

  #lot(): Decimal {
    return coarserLot(this.#plan.spot, this.#plan.perp);
  }
}

function movesOf(decision: Decision): readonly Move[] | null {
  return decision.kind === 'send' ? decision.moves : null;
}

function randomPlan(random: Random): PositionPlan {
  const pick = <T>(...values: readonly [T, ...T[]]): T => values[Math.floor(random() * values.length)] ?? values[0];
  const plan = makerPlan(
    {
      makerLeg: pick('spot' as const, 'perp' as const),
      maxUnhedgedUsd: pick('60', '1000', '3000', '20000'),
      atMakerDeadline: pick('convert' as const, 'stop' as const),
      makerDeadlineMs: pick(5_000, 60_000),
    },
    {
      direction: pick('long_spot_short_perp' as const, 'short_spot_long_perp' as const),
      quantityBase: pick('100', '2003', '10000'),
    },
  );
  return { ...plan, spot: { ...plan.spot, takerFeeBps: pick('0.5', '10'), makerFeeBps: '0.2' } };
}
