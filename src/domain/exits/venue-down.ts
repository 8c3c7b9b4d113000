/**
 * Venue down: a leg's market has shown no sign of life for too long. A person is told; the leg that can be reached is
 * closed only where the plan says so, since the other one is then without a hedge until its venue is back.
 */
import type { LegPlan } from '../position.ts';
import type { Quote } from '../quote.ts';
import { concern, leave, type RuleAnswer, type Seen } from './seen.ts';

/** Wall time; long enough for a socket to reconnect. */
const defaultAfterMs = 60_000;

export function venueDown(seen: Seen): RuleAnswer | null {
  const { watch, spotQuote, perpQuote } = seen;
  const { spot, perp, exits } = watch.plan;
  const afterMs = exits.venueDown?.afterMs ?? defaultAfterMs;
  const silent = [...silence(seen, spot, spotQuote, afterMs), ...silence(seen, perp, perpQuote, afterMs)];
  if (silent.length === 0) return null;
  const words = `${silent.join(' and ')}, over ${afterMs / 1000} s`;
  // With both silent nothing can be reached: closing waits for either.
  const closes = exits.venueDown?.closeReachable === true && silent.length === 1;
  return closes ? leave(`${words}; the leg that can be reached is closed`) : concern('venue_down', 'critical', words);
}

/** A market that was never seen is the business of whoever starts the watching. */
function silence({ nowWallMs }: Seen, leg: LegPlan, quote: Quote | null, afterMs: number): string[] {
  if (quote === null) return [];
  const silentMs = nowWallMs - quote.aliveAtMs;
  const { venue, symbol } = leg.instrument;
  return silentMs > afterMs ? [`${venue} ${symbol} has been silent for ${Math.round(silentMs / 1000)} s`] : [];
}
