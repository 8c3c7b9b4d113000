/** The simulated exchanges' configuration, from the service's own: accounts, fees, balances, model, tape. */
import type { Config } from '../config/schema.ts';
import type { SimSetup } from '../stack/stack-options.ts';

/** One entry a venue; an account's fees are charged by the simulator exactly as the configuration states them. */
export function simConfig(config: Config, setup: SimSetup): Record<string, unknown> {
  const { simulation } = config;
  if (simulation === null) throw new Error('a simulated mode needs the section simulation');
  const venues: Record<string, unknown> = {};
  for (const venue of new Set(Object.values(config.accounts).map((account) => account.venue))) {
    venues[venue] = {
      port: setup.ports[venue] ?? 0,
      model: simulation.model,
      funding: simulation.funding,
      accounts: Object.entries(config.accounts)
        .filter(([, account]) => account.venue === venue)
        .map(([name, account]) => ({
          name,
          ...setup.credentials[name],
          balances: account.startingBalances ?? {},
          ...simulatedFees(name, account.fees, config),
        })),
    };
  }
  return { tape: simulation.tape, venues };
}

/** Where a venue has one kind of instruments alone, the simulator takes the plain names for either. */
function simulatedFees(name: string, fees: Config['accounts'][string]['fees'], { pairs }: Config) {
  const onlyPerpetuals =
    pairs.some(({ perp }) => perp.account === name) && !pairs.some(({ spot }) => spot.account === name);
  return {
    takerFeeBps: onlyPerpetuals ? fees.perpTakerBps : fees.takerBps,
    makerFeeBps: onlyPerpetuals ? fees.perpMakerBps : fees.makerBps,
    perpetualTakerFeeBps: fees.perpTakerBps,
    perpetualMakerFeeBps: fees.perpMakerBps,
  };
}
