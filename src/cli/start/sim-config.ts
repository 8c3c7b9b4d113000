/** The simulated exchanges' configuration, from the service's own: accounts, fees, balances, and in the demo model and tape. */
import { configuredInstruments } from '../../config/instruments.ts';
import type { Config } from '../../config/schema.ts';
import type { SimSetup } from '../../stack/stack-options.ts';

type SimConfig = { readonly tape: string | null; readonly venues: Readonly<Record<string, object>> };

/** One entry a venue; an account's fees are charged by the simulator exactly as the configuration states them. */
export function simConfig(config: Config, setup: SimSetup): SimConfig {
  const { simulation } = config;
  if (simulation === null && config.mode !== 'paper') throw new Error('the demo needs the section simulation');
  const venues: Record<string, object> = {};
  for (const venue of new Set(Object.values(config.accounts).map((account) => account.venue))) {
    venues[venue] = {
      port: setup.ports[venue] ?? 0,
      ...(simulation === null
        ? { instruments: symbolsAt(venue, config, false) }
        : { model: simulation.model, funding: simulation.funding }),
      ...(config.universe === null ? {} : { wanted: symbolsAt(venue, config, true) }),
      accounts: Object.entries(config.accounts)
        .filter(([, account]) => account.venue === venue)
        .map(([name, account]) => simulatedAccount(name, account, config, setup)),
    };
  }
  return { tape: simulation?.tape ?? null, venues };
}

function simulatedAccount(name: string, account: Config['accounts'][string], config: Config, setup: SimSetup) {
  const balances = account.startingBalances ?? {};
  return { name, ...setup.credentials[name], balances, ...simulatedFees(name, account.fees, config) };
}

/** Those of the pairs that were written, or generated: paper feeds both, and a demo lists more than its tape's coin. */
function symbolsAt(venue: string, config: Config, generated: boolean): string[] {
  return configuredInstruments({
    ...config,
    pairs: config.pairs.filter(({ isGenerated }) => isGenerated === generated),
  })
    .filter((one) => one.venue === venue)
    .map(({ symbol }) => symbol);
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
