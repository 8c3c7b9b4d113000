/** What the environment and the home say of simulated exchanges: where they listen, and which time it is there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { marketTimeMs, type ClockAnchor } from '../src/domain/market-clock.ts';
import type { VenueEndpoint } from '../src/venues/exchange.ts';

interface Place {
  readonly homeDir: string | null;
  readonly env: NodeJS.ProcessEnv;
}

/** Market time at a simulated venue follows the run's anchor; at a real one it is wall time. */
export function marketTimeOf({ homeDir, env }: Place): (wallMs: number) => number {
  if (homeDir === null || env['BASIS_ENDPOINTS'] === undefined) return (wallMs) => wallMs;
  let anchor: ClockAnchor | null = null;
  return (wallMs) => {
    anchor ??= anchorSchema.parse(JSON.parse(readFileSync(join(homeDir, 'anchor.json'), 'utf8')));
    return marketTimeMs(anchor, wallMs);
  };
}

const anchorSchema = z.object({
  wallMs: z.number(),
  marketMs: z.number(),
  scale: z.number(),
  tapeEndMs: z.number().nullable(),
});
const endpointsSchema = z.record(z.string(), z.object({ rest: z.string(), ws: z.string() }));

/** Addresses of simulated venues, by ccxt id; null where the real ones are used. */
export function endpoints(env: NodeJS.ProcessEnv, variable = 'BASIS_ENDPOINTS'): Record<string, VenueEndpoint> | null {
  const file = env[variable];
  return file === undefined ? null : endpointsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
}
