/** Where the processes of a stack serve their figures for Prometheus. */
import { LOOPBACK } from '../servers/free-ports.ts';
import { metricsPortName, type StackPorts } from '../servers/stack-ports.ts';

/** By process; without Temporal's where its server is not ours. */
export function metricsUrls(
  ports: StackPorts,
  workers: readonly string[],
  isTemporalOurs: boolean,
): Readonly<Record<string, string>> {
  const named = [
    ...(isTemporalOurs ? [['temporal', 'temporalMetrics'] as const] : []),
    ...workers.map((worker) => [worker, metricsPortName(worker)] as const),
  ];
  return Object.fromEntries(named.map(([process, name]) => [process, `http://${LOOPBACK}:${ports[name]}/metrics`]));
}
