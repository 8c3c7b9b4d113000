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
          takerFeeBps: account.fees.takerBps,
          makerFeeBps: account.fees.makerBps,
        })),
    };
  }
  return { tape: simulation.tape, venues };
}
