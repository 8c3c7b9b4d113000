/** Names of the environment variables that hold an account's keys, or the paths of files with them. */

/** ccxt's names, each with the ending of its variable. */
export const credentialVariables = {
  apiKey: 'API_KEY',
  secret: 'SECRET',
  password: 'PASSPHRASE',
  walletAddress: 'WALLET_ADDRESS',
  privateKey: 'PRIVATE_KEY',
} as const;

export type CredentialName = keyof typeof credentialVariables;

/** `binance-main` → `BASIS_BINANCE_MAIN_`. */
export function accountPrefix(account: string): string {
  return `BASIS_${account.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_`;
}

/** `bybit`, `apiKey` → `BASIS_BYBIT_API_KEY`. */
export function credentialVariable(account: string, name: CredentialName): string {
  return `${accountPrefix(account)}${credentialVariables[name]}`;
}

/** The variable that holds the path of a file with the same. */
export function fileVariable(variable: string): string {
  return `${variable}_FILE`;
}

/** Whether a variable of `account` reads as one of `other`: processes that are kept apart by prefix would mix them up. */
export function sharesVariables(account: string, other: string): boolean {
  if (accountPrefix(account) === accountPrefix(other)) return true;
  const names = Object.values(credentialVariables).map((ending) => `${accountPrefix(account)}${ending}`);
  return [...names, ...names.map(fileVariable)].some(
    (name) => name.startsWith(accountPrefix(other)) && accountPrefix(other).length > accountPrefix(account).length,
  );
}
