/** Which ports a stack listens on: those of its last run where they are free, else the next free ones. */
import { freePorts } from './free-ports.ts';

export interface PreferredPorts {
  readonly temporal?: number;
  readonly ui?: number;
  readonly postgres?: number;
}

export interface StackPorts {
  readonly temporal: number;
  readonly ui: number;
  readonly postgres: number;
  readonly [name: string]: number;
}

const USUAL = { temporal: 7233, ui: 8233, postgres: 54_320 };

/**
 * What the caller asked for goes before what was used last, and that before the usual port. Further
 * names (of simulated venues, of workers' metrics), and those for which 0 is asked, take any free port at first.
 */
export async function chooseStackPorts(
  asked: PreferredPorts,
  last: Readonly<Record<string, number>>,
  names: readonly string[],
  log: (line: string) => void,
): Promise<StackPorts> {
  const anyPort = ['temporalHttp', 'temporalMetrics', 'simControl', 'simFeed', ...names];
  const wanted: Record<string, number> = { ...USUAL, ...Object.fromEntries(anyPort.map((name) => [name, 0])) };
  for (const name of Object.keys(wanted)) wanted[name] = last[name] ?? wanted[name]!;
  for (const [name, port] of Object.entries(asked)) wanted[name] = port === 0 ? (last[name] ?? 0) : port;
  const all = Object.keys(wanted);
  const chosen = await freePorts(all.map((name) => wanted[name]!));
  const ports = Object.fromEntries(all.map((name, index) => [name, chosen[index]!]));
  for (const name of all) {
    if (wanted[name] !== 0 && ports[name] !== wanted[name]) {
      log(`port ${wanted[name]} is taken: ${name} listens on ${ports[name]}`);
    }
  }
  return { temporal: 0, ui: 0, postgres: 0, ...ports };
}

export function venuePortName(venue: string): string {
  return `sim.${venue}`;
}

/** Of a worker's own figures. */
export function metricsPortName(worker: string): string {
  return `metrics.${worker}`;
}
