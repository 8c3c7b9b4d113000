/** Which Temporal server, and how to reach it: the one place that knows for every command, `up` included. */
import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { BadInput } from './errors.ts';

export interface TemporalTarget {
  /** Host and port. */
  readonly address: string;
  readonly namespace: string;
  /** Address, TLS, API key and metadata. */
  readonly connection: ConnectionOptions;
}

/** Each of them names a server of somebody's; the API key, TLS and namespace alone name none. */
const naming = ['TEMPORAL_ADDRESS', 'TEMPORAL_PROFILE', 'TEMPORAL_CONFIG_FILE'];

/**
 * The server that the standard Temporal environment names, by its address or by a profile, read as Temporal's own tools
 * and our workers read it. Null where none is named. @throws BadInput when the profile cannot be used.
 */
export function externalTemporal(env: NodeJS.ProcessEnv): TemporalTarget | null {
  // An empty variable names nothing, as for the launcher.
  const given = Object.entries(env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
  );
  const names = given.map(([name]) => name).filter((name) => naming.includes(name));
  if (names.length === 0) return null;
  try {
    const loaded = loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(given) });
    const { connectionOptions: connection, namespace = 'default' } = loaded;
    if (connection.address === undefined) throw new Error('no address is set');
    return { address: connection.address, namespace, connection };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new BadInput(`the Temporal server that ${names.join(', ')} should name cannot be read: ${why}`);
  }
}

/** A server of ours, on this machine. */
export function localTemporal(address: string, namespace: string): TemporalTarget {
  return { address, namespace, connection: { address } };
}

export interface TemporalConnection {
  readonly client: Client;
  readonly close: () => Promise<void>;
}

/** The caller closes it. @throws Error in words when no server answers. */
export async function connectTemporal({ address, namespace, connection }: TemporalTarget): Promise<TemporalConnection> {
  try {
    const connected = await Connection.connect({ ...connection, connectTimeout: '5s' });
    return { client: new Client({ connection: connected, namespace }), close: () => connected.close() };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`no Temporal server answers at ${address}: is it running? (${why})`, { cause: error });
  }
}
