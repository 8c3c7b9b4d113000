/** Pairs of positions that live, also where they are configured no longer: what is held is read until it has closed. */
import type { LegPlan, PositionPlan } from '../domain/position.ts';
import type { Config } from './schema.ts';
import { pairName } from './universe.ts';

type Held = Pick<PositionPlan, 'asset' | 'spot' | 'perp'>;

/** The configuration with them, as far as their accounts are configured: what accounts are read by, not what is opened. */
export function withHeldPairs(config: Config, held: readonly Held[]): Config {
  const added = new Map(
    held
      .filter(({ spot, perp }) => [spot, perp].every((leg) => isOwn(config, leg)))
      .map((plan) => ({ asset: plan.asset, ...heldLegs(plan) }))
      .map((pair) => [pairName(pair), { ...pair, ...notEntered }] as const),
  );
  for (const pair of config.pairs) added.delete(pairName(pair));
  return added.size === 0 ? config : { ...config, pairs: [...config.pairs, ...added.values()] };
}

export function isConfigured({ pairs }: Pick<Config, 'pairs'>, plan: Held): boolean {
  const name = pairName(heldLegs(plan));
  return pairs.some((pair) => pairName(pair) === name);
}

/** Account and symbol of both legs. */
export function heldLegs({ spot, perp }: Pick<Held, 'spot' | 'perp'>) {
  const symbolOf = ({ account, instrument: { symbol } }: LegPlan) => ({ account, symbol });
  return { spot: symbolOf(spot), perp: symbolOf(perp) };
}

const notEntered = {
  kinds: [],
  allowSameVenue: true,
  allowUnhedgedQuote: true,
  isGenerated: false,
} satisfies Partial<Config['pairs'][number]>;

function isOwn({ accounts }: Config, { account, instrument }: LegPlan): boolean {
  return accounts[account]?.venue === instrument.venue;
}
