/** Where the service is: the standard environment, else the addresses that the stack of a home wrote. */
import { readAnchor } from '../stack/home/anchor-file.ts';
import { readStackAddresses } from '../stack/home/stack-file.ts';
import type { ClockAnchor } from '../domain/market-clock.ts';
import { BadInput } from './errors.ts';
import { externalTemporal, localTemporal, type TemporalTarget } from './temporal-target.ts';

export interface ServiceAddresses {
  readonly temporal: TemporalTarget;
  readonly databaseUrl: string;
  readonly endpointsFile: string | null;
  readonly uiUrl: string | null;
  /** Whether they are those that a start wrote into the home. */
  readonly isHome: boolean;
}

/** @throws BadInput when neither the environment nor the home says where the service is. */
export function serviceAddresses(homeDir: string, env: NodeJS.ProcessEnv): ServiceAddresses {
  const external = externalTemporal(env);
  const databaseUrl = env['DATABASE_URL'];
  if (external !== null && databaseUrl !== undefined) {
    return {
      temporal: external,
      databaseUrl,
      endpointsFile: env['BASIS_ENDPOINTS'] ?? null,
      uiUrl: null,
      isHome: false,
    };
  }
  const stack = readStackAddresses(homeDir);
  if (stack === null) {
    throw new BadInput(
      `no service is known: run npm start (its state is looked for in ${homeDir}; --home names another), or set TEMPORAL_ADDRESS and DATABASE_URL`,
    );
  }
  const { temporalAddress: address, namespace, uiUrl, endpointsFile } = stack;
  // A home on a server of somebody's says which one it is, the environment how to reach it.
  const temporal = external?.address === address ? external : localTemporal(address, namespace);
  return { temporal, databaseUrl: databaseUrl ?? stack.databaseUrl, endpointsFile, uiUrl, isHome: true };
}

/** Where the ledger is, whatever is known of Temporal. @throws BadInput when nobody says. */
export function databaseAddress(homeDir: string, env: NodeJS.ProcessEnv): string {
  const address = env['DATABASE_URL'] ?? readStackAddresses(homeDir)?.databaseUrl;
  if (address !== undefined) return address;
  throw new BadInput(
    `no ledger is known: run npm start (its state is looked for in ${homeDir}; --home names another), or set DATABASE_URL`,
  );
}

/** The clock of a home; wall time where there is none. */
export function homeClock(homeDir: string): ClockAnchor {
  return readAnchor(homeDir) ?? { wallMs: 0, marketMs: 0, scale: 1, tapeEndMs: null };
}
