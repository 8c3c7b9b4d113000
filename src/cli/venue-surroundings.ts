/** What a command needs that reaches the venues itself: addresses, and the accounts' keys. */
import type { Config } from '../config/schema.ts';
import { serviceAddresses } from './connection.ts';
import { keysInUse } from './start/keys-in-use.ts';

/** @throws BadInput where no service is known */
export async function venueSurroundings(config: Config, homeDir: string) {
  const addresses = serviceAddresses(homeDir, process.env);
  const { commandSurroundings } = await import('../../workers/wiring.ts');
  const env = { ...keysInUse(homeDir, config, addresses, process.env), DATABASE_URL: addresses.databaseUrl };
  return commandSurroundings(config, env, homeDir);
}
