/** What most commands need: the configuration, a Temporal client and the ledger, opened together and closed together. */
import type { Client } from '@temporalio/client';
import type { Config } from '../config/schema.ts';
import type { ClockAnchor } from '../domain/market-clock.ts';
import type { Ledger } from '../ports/ledger.ts';
import { databaseAddress, homeClock, serviceAddresses, type ServiceAddresses } from './connection.ts';
import { readConfig, type CommonOptions } from './options.ts';
import { checkHomeOfCommand } from './start/start-checks.ts';
import { connectTemporal } from './temporal-target.ts';

export interface Service {
  readonly config: Config;
  readonly addresses: ServiceAddresses;
  readonly client: Client;
  readonly ledger: Ledger;
  readonly anchor: ClockAnchor;
}

/** Opens the service for the time of `use`. */
export async function withService<T>(options: CommonOptions, use: (service: Service) => Promise<T>): Promise<T> {
  const config = await configOfHome(options);
  const addresses = serviceAddresses(options.home, process.env);
  const { client, close } = await connectTemporal(addresses.temporal);
  try {
    return await useLedger(options, config, addresses, (service) => use({ ...service, client }));
  } finally {
    await close();
  }
}

/** What needs no Temporal: it answers while that is down. */
export async function withLedger<T>(
  options: CommonOptions,
  use: (service: Omit<Service, 'client'>) => Promise<T>,
): Promise<T> {
  return useLedger(options, await configOfHome(options), serviceAddresses(options.home, process.env), use);
}

/** @throws BadInput where the home is not of this configuration */
export async function configOfHome({ config: path, home }: CommonOptions): Promise<Config> {
  const config = await readConfig(path);
  checkHomeOfCommand(home, config);
  return config;
}

/** The ledger alone, also where nobody knows a Temporal server. */
export async function withLedgerAlone<T>(
  options: CommonOptions,
  use: (service: Pick<Service, 'config' | 'ledger' | 'anchor'>) => Promise<T>,
): Promise<T> {
  const config = await configOfHome(options);
  return openLedger(options, config, databaseAddress(options.home, process.env), (ledger) =>
    use({ config, ledger, anchor: homeClock(options.home) }),
  );
}

function useLedger<T>(
  options: CommonOptions,
  config: Config,
  addresses: ServiceAddresses,
  use: (service: Omit<Service, 'client'>) => Promise<T>,
): Promise<T> {
  return openLedger(options, config, addresses.databaseUrl, (ledger) =>
    use({ config, addresses, ledger, anchor: homeClock(options.home) }),
  );
}

/** The adapters are loaded only here, so that other commands stay fast. */
async function openLedger<T>(
  options: CommonOptions,
  config: Config,
  databaseUrl: string,
  use: (ledger: Ledger) => Promise<T>,
): Promise<T> {
  const { buildLedger, commandSurroundings } = await import('../../workers/wiring.ts');
  const ledger = buildLedger(commandSurroundings(config, { ...process.env, DATABASE_URL: databaseUrl }, options.home));
  try {
    return await use(ledger);
  } finally {
    await ledger.close();
  }
}
