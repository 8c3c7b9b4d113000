/** Where the service is: the standard environment, else the addresses that the stack of a home wrote. */
import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { readAnchor } from '../stack/anchor-file.ts';
import { readStackAddresses } from '../stack/stack-file.ts';
import type { ClockAnchor } from '../domain/market-clock.ts';
import { BadInput } from './errors.ts';

export interface ServiceAddresses {
  /** Null: as the standard Temporal environment and profile say. */
  readonly temporal: { readonly address: string; readonly namespace: string } | null;
  readonly databaseUrl: string;
  readonly endpointsFile: string | null;
  readonly uiUrl: string | null;
}

/** @throws BadInput when neither the environment nor the home says where the service is. */
export function serviceAddresses(homeDir: string, env: NodeJS.ProcessEnv): ServiceAddresses {
  const external = env['TEMPORAL_ADDRESS'] ?? env['TEMPORAL_PROFILE'] ?? env['TEMPORAL_CONFIG_FILE'];
  const databaseUrl = env['DATABASE_URL'];
  if (external !== undefined && databaseUrl !== undefined) {
    return { temporal: null, databaseUrl, endpointsFile: env['BASIS_ENDPOINTS'] ?? null, uiUrl: null };
  }
  const stack = readStackAddresses(homeDir);
  if (stack === null) {
    throw new BadInput(
      `no service is known: run npm start (its state is looked for in ${homeDir}; --home names another), or set TEMPORAL_ADDRESS and DATABASE_URL`,
    );
  }
  const { temporalAddress: address, namespace, uiUrl, endpointsFile } = stack;
  return { temporal: { address, namespace }, databaseUrl: databaseUrl ?? stack.databaseUrl, endpointsFile, uiUrl };
}

/** A typed Temporal client; the caller closes its connection. @throws Error in words when no server answers. */
export async function connectTemporal(
  addresses: ServiceAddresses,
): Promise<{ client: Client; close: () => Promise<void> }> {
  const profile = addresses.temporal === null ? loadClientConnectConfig() : null;
  const options = profile?.connectionOptions ?? { address: addresses.temporal?.address ?? '' };
  const namespace = profile?.namespace ?? addresses.temporal?.namespace ?? 'default';
  try {
    const connection = await Connection.connect({ ...options, connectTimeout: '5s' });
    return { client: new Client({ connection, namespace }), close: () => connection.close() };
  } catch (error) {
    const where = options.address ?? 'its address';
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`no Temporal server answers at ${where}: is npm start running? (${why})`, { cause: error });
  }
}

/** The clock of a home; wall time where there is none. */
export function homeClock(homeDir: string): ClockAnchor {
  return readAnchor(homeDir) ?? { wallMs: 0, marketMs: 0, scale: 1, tapeEndMs: null };
}
