/**
 * The first step of a deployment on servers of one's own: `node src/stack/prepare.ts`, with DATABASE_URL,
 * TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE. Migrates the ledger and prepares the namespace; run again, it does nothing.
 */
import { migrate } from '../ledger/migrate.ts';
import { prepareNamespace } from './prepare-namespace.ts';
import { NAMESPACE } from './temporal-dev-server.ts';

const { DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace = NAMESPACE } = process.env;

if (databaseUrl === undefined || address === undefined) {
  process.stderr.write('DATABASE_URL and TEMPORAL_ADDRESS are needed\n');
  process.exit(2);
}
const [{ applied }] = await Promise.all([migrate(databaseUrl), prepareNamespace(address, namespace)]);
process.stdout.write(`ledger: ${applied.length} migrations applied; namespace ${namespace} is ready\n`);
