import type { Alerts } from '../../../src/ports/alerts.ts';

/** `raised key: message` and `resolved key`, in order. */
export function recordedAlerts(): Alerts & { readonly told: string[] } {
  const told: string[] = [];
  return {
    told,
    raise: async ({ key, message }) => void told.push(`raised ${key}: ${message}`),
    resolve: async (key) => void told.push(`resolved ${key}`),
  };
}
