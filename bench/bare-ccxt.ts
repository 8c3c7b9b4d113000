/**
 * The same two orders through ccxt alone, sent at once from this process: what the exchanges and the wire cost without
 * workflow, ledger and workers. The connector's ccxt instances are used, warmed up as a venue worker's are.
 */
import type { OrderSide } from '../src/domain/order.ts';
import type { LegPlan, PositionPlan } from '../src/domain/position.ts';
import type { Venue } from '../src/ports/venue.ts';
import type { BenchStack } from './bench-stack.ts';
import { wallMs } from './machine.ts';

export interface BareCcxt {
  /** Opens both legs and, unmeasured, closes them. Returns the time until the later one was acknowledged, in ms. */
  run(): Promise<number>;
  close(): Promise<void>;
}

export async function bareCcxt(bench: BenchStack, plan: PositionPlan): Promise<BareCcxt> {
  const wiring = await import('../workers/wiring.ts');
  const surroundings = wiring.commandSurroundings(bench.config, bench.env, bench.homeDir);
  const [spot, perp] = await Promise.all([
    wiring.buildVenue(surroundings, plan.spot.account),
    wiring.buildVenue(surroundings, plan.perp.account),
  ]);
  let count = 0;

  async function send(venue: Venue, leg: LegPlan, side: OrderSide, reduceOnly: boolean): Promise<void> {
    count += 1;
    const outcome = await venue.submit({
      clientOrderId: `bare${process.pid}x${count}`,
      symbol: leg.instrument.symbol,
      side,
      quantityBase: plan.quantityBase,
      limitPrice: side === 'buy' ? '1.01' : '0.99',
      timeInForce: 'ioc',
      reduceOnly,
      sendByMs: Date.now() + 2_000,
    });
    if (outcome.kind !== 'accepted') throw new Error(`ccxt alone: ${JSON.stringify(outcome)}`);
  }

  return {
    async run() {
      const startedAtMs = wallMs();
      await Promise.all([send(spot, plan.spot, 'sell', false), send(perp, plan.perp, 'buy', false)]);
      const tookMs = wallMs() - startedAtMs;
      await Promise.all([send(spot, plan.spot, 'buy', false), send(perp, plan.perp, 'sell', true)]);
      return tookMs;
    },
    async close() {
      await Promise.all([spot.close(), perp.close()]);
    },
  };
}
