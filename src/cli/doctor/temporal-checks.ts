/** Temporal: reached, with our namespace, our search attributes, and queues that let closes overtake opens. */
import { isGrpcServiceError, type ConnectionLike } from '@temporalio/client';
import { venueTaskQueue } from '../../domain/names.ts';
import { SEARCH_ATTRIBUTES } from '../../stack/servers/temporal-dev-server.ts';
import { connectTemporal, type TemporalTarget } from '../temporal-target.ts';
import { about, type Check, type Tell } from './check.ts';

/** gRPC's numbers. */
const notFound = 5;
/** The server's numbers for the types of search attributes. */
const typeNumbers = { Keyword: 2, Double: 4 } as const;
const prepare = 'run basis prepare once';
const deadlineMs = 5_000;

export interface TemporalAtHand extends TemporalTarget {
  /** Started by `npm start`, with our settings. */
  readonly isOurs: boolean;
}

/** @param accounts of whose order queues the priorities are asked */
export async function checkTemporal(target: TemporalAtHand, accounts: readonly string[], tell: Tell): Promise<Check[]> {
  const told = (check: Check): Check => {
    tell(check);
    return check;
  };
  let open: Awaited<ReturnType<typeof connectTemporal>>;
  try {
    open = await connectTemporal(target);
  } catch (error) {
    const advice = 'is it running, and TEMPORAL_ADDRESS right? npm start brings its own';
    const unasked = ['namespace', 'attributes', 'priorities'].map((name) =>
      about('service', name).cannotBeTold('not asked: not reachable', 'make Temporal reachable first'),
    );
    return [about('service', 'Temporal').failed(wordsOf(error), advice), ...unasked].map(told);
  }
  const { connection } = open.client;
  try {
    return await connection.withDeadline(Date.now() + deadlineMs, () =>
      Promise.all([
        version(connection, target.address).then(told),
        namespace(connection, target.namespace).then(told),
        attributes(connection, target.namespace).then(told),
        priorities(connection, target, accounts).then(told),
      ]),
    );
  } finally {
    await open.close();
  }
}

async function version(connection: ConnectionLike, address: string): Promise<Check> {
  const here = about('service', 'Temporal');
  try {
    const { serverVersion } = await connection.workflowService.getSystemInfo({});
    return here.ok(`${address}, version ${serverVersion}`);
  } catch (error) {
    return here.failed(wordsOf(error), 'see the log of the Temporal server');
  }
}

async function namespace(connection: ConnectionLike, name: string): Promise<Check> {
  const here = about('service', 'namespace');
  try {
    const { config } = await connection.workflowService.describeNamespace({ namespace: name });
    const keptSeconds = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0);
    return here.ok(`${name}, ended histories kept ${Math.round(keptSeconds / 86_400)} d`);
  } catch (error) {
    return isGrpcServiceError(error) && error.code.valueOf() === notFound
      ? here.failed(`${name} does not exist`, `${prepare}, or set TEMPORAL_NAMESPACE`)
      : here.failed(wordsOf(error), 'may these credentials use this namespace?');
  }
}

async function attributes(connection: ConnectionLike, name: string): Promise<Check> {
  const here = about('service', 'attributes');
  const wanted = Object.entries(SEARCH_ATTRIBUTES);
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: name });
    const found = customAttributes ?? {};
    const missing = wanted.filter(([attribute]) => !(attribute in found)).map(([attribute]) => attribute);
    const wrong = wanted.filter(
      ([attribute, type]) => attribute in found && Number(found[attribute]) !== typeNumbers[type],
    );
    if (missing.length > 0) return here.failed(`missing: ${missing.join(', ')}`, `${prepare}, or add them by hand`);
    if (wrong.length === 0) return here.ok(`all ${wanted.length}, of the right types`);
    const types = wrong.map(([attribute, type]) => `${attribute} must be ${type}`).join(', ');
    return here.failed(`of another type: ${types}`, 'remove them and add them anew');
  } catch (error) {
    // Hosted servers keep this to their own tools.
    return here.cannotBeTold(wordsOf(error), `see that there are: ${Object.keys(SEARCH_ATTRIBUTES).join(', ')}`);
  }
}

/** Closes overtake opens under the new matcher alone, which no server tells of, and within one partition. */
async function priorities(
  connection: ConnectionLike,
  { namespace: name, isOurs }: TemporalAtHand,
  accounts: readonly string[],
): Promise<Check> {
  const here = about('service', 'priorities');
  const advice = 'see docs/operations.md: matching.useNewMatcher, and one partition a queue';
  try {
    const partitions = await Promise.all(
      accounts.map(async (account) => {
        const taskQueue = { name: venueTaskQueue(account) };
        const listed = await connection.workflowService.listTaskQueuePartitions({ namespace: name, taskQueue });
        return listed.activityTaskQueuePartitions?.length ?? 0;
      }),
    );
    const most = Math.max(...partitions);
    if (most > 1) return here.warning(`order queues have ${most} partitions`, advice);
    if (isOurs) return here.ok('one partition, and the matcher that npm start sets');
    return here.cannotBeTold('one partition; no server tells its matcher', advice);
  } catch (error) {
    return here.cannotBeTold(wordsOf(error), advice);
  }
}

function wordsOf(error: unknown): string {
  if (isGrpcServiceError(error)) return error.details || error.message;
  return error instanceof Error ? error.message : String(error);
}
