/**
 * The environment by which an account is asked: that of this process, or, at the simulated exchanges of a home, with
 * that home's keys. A real key that happens to be set never goes to a simulated exchange.
 */
import type { Config } from '../../config/schema.ts';
import { keptCredentials, keyVariables, withoutForeignKeys } from '../../stack/home/account-keys.ts';
import type { ServiceAddresses } from '../connection.ts';

export function keysInUse(
  home: string,
  config: Config,
  addresses: ServiceAddresses | null,
  env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  if (addresses === null) return env;
  const { endpointsFile, isHome } = addresses;
  if (endpointsFile === null) return env;
  const reached = { ...env, BASIS_ENDPOINTS: endpointsFile };
  if (!isHome || env['BASIS_ENDPOINTS'] === endpointsFile) return reached;
  const accounts = Object.keys(config.accounts);
  const kept = keptCredentials(home);
  const keys = Object.entries(kept).map(([account, credentials]) => keyVariables(account, credentials));
  return { ...reached, ...withoutForeignKeys(env, accounts, null), ...Object.assign({}, ...keys) };
}
