/**
 * Makes a Temporal server ready for us: the namespace, where it is missing, and our search attributes. A hosted server
 * may keep either to its own tools; what is there already is then enough.
 */
import { Connection, isGrpcServiceError, type ConnectionOptions } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from './temporal-dev-server.ts';
import { waitUntil } from '../processes/wait-until.ts';

/** The server's numbers for the types of search attributes, by our names for them. */
const TYPE_NUMBERS = { Keyword: 2, Double: 4 } as const;
/** gRPC's numbers. */
const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;
/** Not allowed, not offered, not known: asking again changes nothing. */
const REFUSED = [7, 12, 16];
/** Every self-hosted server has it. */
const SYSTEM_NAMESPACE = 'temporal-system';

export interface Prepared {
  /** Whether the namespace was missing. */
  readonly registered: boolean;
  /** Search attributes that were missing. */
  readonly added: readonly string[];
}

/**
 * Idempotent. Resolves when the server knows everything.
 * @throws when it cannot be reached within `timeoutMs`, or refuses what is missing
 */
export async function prepareNamespace(
  server: ConnectionOptions,
  namespace: string,
  timeoutMs = 60_000,
): Promise<Prepared> {
  const connection = await Connection.connect({ ...server, connectTimeout: timeoutMs });
  try {
    const registered = await register(connection, namespace);
    const wanted = await missingAttributes(connection, namespace).catch(unlessRefused(Object.keys(SEARCH_ATTRIBUTES)));
    let missing = wanted;
    await waitUntil(
      async () => {
        // A namespace is known everywhere only some seconds after its registration.
        missing = await addMissing(connection, namespace, missing).catch(unlessRefused(missing));
        return missing.length === 0;
      },
      timeoutMs,
      () => `search attributes ${missing.join(', ')} cannot be added to namespace ${namespace}`,
      250,
    );
    return { registered, added: wanted };
  } finally {
    await connection.close();
  }
}

/** Histories of closed positions are kept as long as the server keeps its own, a week. */
async function register(connection: Connection, namespace: string): Promise<boolean> {
  const { workflowService } = connection;
  if (await exists(connection, namespace)) return false;
  try {
    const { config } = await workflowService.describeNamespace({ namespace: SYSTEM_NAMESPACE });
    const workflowExecutionRetentionPeriod = config?.workflowExecutionRetentionTtl ?? null;
    await unlessThere(workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod }));
    return true;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw new Error(`the server lets nobody make the namespace ${namespace} here: make it by the server's own tools`, {
      cause: error,
    });
  }
}

async function exists(connection: Connection, namespace: string): Promise<boolean> {
  try {
    await connection.workflowService.describeNamespace({ namespace });
    return true;
  } catch (error) {
    if (isGrpcServiceError(error) && error.code.valueOf() === NOT_FOUND) return false;
    throw error;
  }
}

async function addMissing(connection: Connection, namespace: string, missing: readonly string[]): Promise<string[]> {
  const wanted = Object.entries(SEARCH_ATTRIBUTES).filter(([name]) => missing.includes(name));
  const searchAttributes = Object.fromEntries(wanted.map(([name, type]) => [name, TYPE_NUMBERS[type]]));
  if (wanted.length > 0)
    await unlessThere(connection.operatorService.addSearchAttributes({ namespace, searchAttributes }));
  return missingAttributes(connection, namespace);
}

async function missingAttributes(connection: Connection, namespace: string): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return Object.keys(SEARCH_ATTRIBUTES).filter((name) => !(name in (customAttributes ?? {})));
}

/** What cannot be told yet is taken as `missing`; a refusal is final. */
function unlessRefused(missing: string[]): (error: unknown) => string[] {
  return (error) => {
    if (!isRefusal(error)) return missing;
    const list = Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => `${name} (${type})`);
    throw new Error(
      `the server keeps search attributes to its own tools: see there that the namespace has ${list.join(', ')}`,
      { cause: error },
    );
  };
}

function isRefusal(error: unknown): boolean {
  return isGrpcServiceError(error) && REFUSED.includes(error.code.valueOf());
}

async function unlessThere(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!isGrpcServiceError(error) || error.code.valueOf() !== ALREADY_EXISTS) throw error;
  }
}
