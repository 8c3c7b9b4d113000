/** The ledger's database: reached, and with the schema of this version. */
import { about, type Check, type Tell } from './check.ts';

export async function checkDatabase(databaseUrl: string, tell: Tell): Promise<Check[]> {
  const [reached, migrations] = [about('service', 'PostgreSQL'), about('service', 'migrations')];
  const { ledgerState } = await import('../../../workers/wiring.ts');
  const checks = await ledgerState(databaseUrl).then(
    ({ serverVersion, applied, pending, unknown }) => [
      reached.ok(`${place(databaseUrl)}, version ${serverVersion}`),
      pending.length > 0
        ? migrations.failed(`missing: ${pending.join(', ')}`, 'run npm start, or basis migrate, once')
        : unknown.length > 0
          ? migrations.failed(`of a newer version: ${unknown.join(', ')}`, 'run the version that made them')
          : migrations.ok(`${applied.length} applied, none missing`),
    ],
    (error: unknown) => [
      reached.failed(
        error instanceof Error ? error.message : String(error),
        'is it running, and DATABASE_URL right? npm start brings its own',
      ),
      migrations.cannotBeTold('not asked: not reachable', 'make PostgreSQL reachable first'),
    ],
  );
  checks.forEach(tell);
  return checks;
}

/** Host, port and name, without who connects. */
function place(databaseUrl: string): string {
  try {
    const { host, pathname } = new URL(databaseUrl);
    return `${host}${pathname}`;
  } catch {
    return 'reached';
  }
}
