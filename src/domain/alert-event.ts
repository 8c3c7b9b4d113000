/** What happened, by the key of its alert: `stuck/USDC-…` → `stuck`. */
export function alertEvent(key: string): string {
  return key.split('/', 1)[0] ?? key;
}
