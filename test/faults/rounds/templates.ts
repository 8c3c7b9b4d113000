/** What the positions of a pair and a direction are opened from: planned once, as `basis open` plans. */
import { decimal, zero } from '../../../src/domain/decimal.ts';
import { marketTimeMs } from '../../../src/domain/market-clock.ts';
import { firstShard } from '../../../src/domain/names.ts';
import type { PositionInput } from '../../../src/domain/position-state.ts';
import { planCandidate } from '../../../src/strategy/admission.ts';
import type { Arena } from '../arena/arena.ts';
import { limitsOf } from '../arena/configuration.ts';
import type { Scenario } from './round-plan.ts';
import type { Direction } from '../../../src/domain/direction.ts';

export type Templates = (scenario: Pick<Scenario, 'pair' | 'direction'>) => PositionInput;

export async function planTemplates({ config, field, ledger, stack, env, homeDir }: Arena): Promise<Templates> {
  const wiring = await import('../../../workers/wiring.ts');
  const marketData = await wiring.buildMarketData(wiring.commandSurroundings(config, env, homeDir));
  const templates = new Map<string, PositionInput>();
  const nameOf = (pair: number, direction: Direction): string => `${pair} ${direction}`;
  try {
    const rules = wiring.admissionRules(config);
    for (const [index, pair] of (await wiring.loadPairs(config, marketData)).entries()) {
      for (const direction of ['long_spot_short_perp', 'short_spot_long_perp'] as const) {
        const nowWallMs = Date.now();
        const nowMarketMs = marketTimeMs(stack.anchor, nowWallMs);
        const planned = planCandidate({
          key: 'planned-once',
          book: config.book,
          candidate: await wiring.candidateOf({ config, ledger, marketData }, pair, direction, nowMarketMs),
          rules: { ...rules, strategy: { ...rules.strategy, entryBps: '-1000', anyReturn: true } },
          pairExposureUsd: zero,
          freeOf: await wiring.freeBalances(ledger, pair),
          nowWallMs,
          nowMarketMs,
          wantedUsd: decimal('1000'),
        });
        if (planned.kind === 'refused') throw new Error(`no plan for ${pair.pairId}: ${planned.reasons.join('; ')}`);
        // Its equity is not what the harness is about: the limits of the whole portfolio are left out.
        const { portfolio: _, ...own } = wiring.reservationLimits(config, 'client');
        templates.set(nameOf(index, direction), {
          plan: planned.plan,
          needs: planned.needs,
          limits: { ...own, ...limitsOf(field) },
          anchor: stack.anchor,
          source: 'client',
          shard: firstShard,
          state: { kind: 'reserving' },
          orders: [],
        });
      }
    }
  } finally {
    await marketData.close();
  }
  return ({ pair, direction }) => {
    const template = templates.get(nameOf(pair, direction));
    if (template === undefined) throw new Error(`no pair ${pair}`);
    return template;
  };
}
