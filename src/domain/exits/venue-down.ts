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
  const [spotSilence, perpSilence] = [silence(seen, spot, spotQuote, afterMs), silence(seen, perp, perpQuote, afterMs)];
  const silent = [spotSilence, perpSilence].filter((said) => said !== null);
  if (silent.length === 0) return null;
  const words = silent.join(' and ');
  // With both silent, or the other one not seen yet, nothing can be reached: closing waits for either.
  const isReachable = silent.length === 1 && (spotSilence === null ? spotQuote : perpQuote) !== null;
  const closes = exits.venueDown?.closeReachable === true && isReachable;
  return closes ? leave(`${words}; the leg that can be reached is closed`) : concern('venue_down', 'critical', words);
}

/** A market without any sign of life since the watching began is silent, too: the watch began in the middle of an outage. */
function silence(
  { nowWallMs, watchedSinceWallMs }: Seen,
  leg: LegPlan,
  quote: Quote | null,
  afterMs: number,
): string | null {
  const aliveAtMs = quote?.aliveAtMs ?? watchedSinceWallMs;
  if (aliveAtMs === null) return null;
  // To connect takes its time: at a start there is nothing to see for a while, whatever the bound.
  const boundMs = quote === null ? Math.max(afterMs, defaultAfterMs) : afterMs;
  const silentMs = nowWallMs - aliveAtMs;
  const { venue, symbol } = leg.instrument;
  if (silentMs <= boundMs) return null;
  return `${venue} ${symbol} has been silent for ${Math.round(silentMs / 1000)} s, over ${boundMs / 1000} s`;
}
