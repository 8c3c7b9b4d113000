/**
 * Makes a self-hosted Temporal server ready for us: the namespace, where it is missing, and our search attributes.
 * A hosted server wants credentials and its own tools for this.
 */
import { Connection, isGrpcServiceError } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from './temporal-dev-server.ts';
import { waitUntil } from './wait-until.ts';

/** The server's numbers for the types of search attributes, by our names for them. */
const TYPE_NUMBERS = { Keyword: 2, Double: 4 } as const;
const ALREADY_EXISTS = 6;
/** Every server has it. */
const SYSTEM_NAMESPACE = 'temporal-system';

/** Idempotent. Resolves when the server knows everything. @throws when it cannot be reached within `timeoutMs`. */
export async function prepareNamespace(address: string, namespace: string, timeoutMs = 60_000): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: timeoutMs });
  try {
    await register(connection, namespace);
    let missing = await missingAttributes(connection, namespace).catch(() => Object.keys(SEARCH_ATTRIBUTES));
    await waitUntil(
      async () => {
        // A namespace is known everywhere only some seconds after its registration.
        missing = await addMissing(connection, namespace, missing).catch(() => missing);
        return missing.length === 0;
      },
      timeoutMs,
      () => `search attributes ${missing.join(', ')} cannot be added to namespace ${namespace}`,
      250,
    );
  } finally {
    await connection.close();
  }
}

/** Histories of closed positions are kept as long as the server keeps its own, a week. */
async function register(connection: Connection, namespace: string): Promise<void> {
  const { config } = await connection.workflowService.describeNamespace({ namespace: SYSTEM_NAMESPACE });
  const workflowExecutionRetentionPeriod = config?.workflowExecutionRetentionTtl ?? null;
  await unlessThere(connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod }));
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

async function unlessThere(request: Promise<unknown>): Promise<void> {
  try {
    await request;
  } catch (error) {
    if (!isGrpcServiceError(error) || error.code.valueOf() !== ALREADY_EXISTS) throw error;
  }
}
