/** A worker's own figures: the Temporal SDK's, for Prometheus, where the environment names an address for them. */
import type { RuntimeOptions } from '@temporalio/worker';
import { ConfigError } from '../src/config/load.ts';

/** `host:port` at which the worker answers `GET /metrics`; not set: nowhere. Every process needs its own. */
export const metricsVariable = 'BASIS_METRICS_ADDRESS';

type Metrics = Pick<RuntimeOptions, 'telemetryOptions'>;

/**
 * @param tags of every figure, such as the worker's role
 * @throws ConfigError where the address cannot be one
 */
export function metricsOptions(env: NodeJS.ProcessEnv, tags: Readonly<Record<string, string>>): Metrics {
  const address = env[metricsVariable];
  if (address === undefined || address === '') return {};
  if (!/^(\[[0-9a-fA-F:]+\]|[0-9.]+):\d{1,5}$/.test(address)) {
    const message = `${JSON.stringify(address)}: write an IP address and a port, such as 127.0.0.1:9464`;
    throw new ConfigError('the environment', [{ path: metricsVariable, message }]);
  }
  const prometheus = {
    bindAddress: address,
    countersTotalSuffix: true,
    unitSuffix: true,
    useSecondsForDurations: true,
  };
  return { telemetryOptions: { metrics: { prometheus, globalTags: { ...tags } } } };
}
