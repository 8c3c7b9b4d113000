/**
 * A position from its opening to its close at every pair of exchanges that is served, through everything that real ones
 * would take it through: contracts of ten coins, fees in base and in quote, dollars and tethers, other order ids.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { decimal } from '../../src/domain/decimal.ts';
import { startTradingService } from '../support/trading-service.ts';
import type { Direction } from '../../src/domain/direction.ts';

interface Story {
  readonly spot: readonly [venue: string, symbol: string];
  readonly perp: readonly [venue: string, symbol: string];
  /** Base units of the coarser lot: what equal legs may differ by. */
  readonly lot: string;
}

const stories: readonly Story[] = [
  { spot: ['binance', 'USDC/USDT'], perp: ['okx', 'USDC/USDT:USDT'], lot: '10' },
  { spot: ['okx', 'USDC/USDT'], perp: ['bybit', 'USDC/USDT:USDT'], lot: '0.1' },
  { spot: ['kraken', 'USDC/USDT'], perp: ['binanceusdm', 'USDC/USDT:USDT'], lot: '1' },
  { spot: ['kraken', 'USDC/USD'], perp: ['krakenfutures', 'USDC/USD:USD'], lot: '1' },
  { spot: ['coinbase', 'USDT/USD'], perp: ['krakenfutures', 'USDT/USD:USD'], lot: '1' },
];

/** The demo's configuration with these two exchanges for its own. */
function tradingAt({ spot, perp }: Story): (yaml: string) => string {
  const [base = '', quote = ''] = spot[1].split('/');
  const accounts = `accounts:
  one:
    venue: ${spot[0]}
    fees: { takerBps: 1, makerBps: 1 }
    startingBalances: { ${base}: 50000, ${quote}: 50000 }
  two:
    venue: ${perp[0]}
    fees: { takerBps: 1, makerBps: 1 }
    leverage: 3
    startingBalances: { ${quote}: 50000 }

pairs:
  - asset: ${base}
    spot: { account: one, symbol: ${spot[1]} }
    perp: { account: two, symbol: '${perp[1]}' }
    # Kraken's two exchanges count as one: its failure takes the hedge with it.
    allowSameVenue: ${perp[0].startsWith(spot[0])}

`;
  // Some stories have both legs at one exchange, and so all of the money.
  return (yaml) =>
    yaml.replace(/^accounts:[\s\S]*?(?=^sizing:)/m, accounts).replace(/venueCapPct: .*/, 'venueCapPct: off');
}

for (const story of stories) {
  const { spot, perp, lot } = story;
  describe(`${spot[1]} at ${spot[0]} and ${perp[1]} at ${perp[0]}`, () => {
    test('open, hedged, closed, in both directions; the books agree to the last unit', async () => {
      const service = await startTradingService({ change: tradingAt(story) });
      try {
        for (const direction of ['short_spot_long_perp', 'long_spot_short_perp'] satisfies Direction[]) {
          await service.setPrices('0.9996', '0.9990');
          const handle = await service.openPosition(direction);
          const { key, plan, state } = await service.untilStatus(handle, 'hedged');
          assert.ok(state.kind === 'hedged');
          const { spotBase, perpBase } = state.legs;
          assert.ok(decimal(plan.quantityBase).gt(decimal('5000')), plan.quantityBase);
          assert.ok(decimal(spotBase).minus(decimal(perpBase)).abs().lte(decimal(lot)), `${spotBase} and ${perpBase}`);
          await handle.signal('forceClose');
          const result = await handle.result();
          assert.equal(result.kind, 'closed', JSON.stringify(result));
          const orders = await service.ledger.ordersOf(key);
          assert.ok(
            orders.every(({ state: end }) => end === 'done'),
            JSON.stringify(orders.map(({ state: end, reason }) => [end, reason])),
          );
          const comparison = await service.compare();
          assert.deepEqual(comparison, { ledgerMatchesVenue: true, oneLegged: 0, findings: [] });
        }
      } finally {
        await service.stop();
      }
    });
  });
}
