/** Whether two order books may be compared: both open, proved alive lately, and about the same moment. */
import type { Quote } from './quote.ts';

/** Wall time since a book was last proved alive, beyond which nothing is decided on it. */
export const maxQuoteAgeMs = 2_000;
/** Wall time between the two books' proofs of life. */
export const maxQuoteGapMs = 1_000;

/** Null when both quotes may be evaluated together; else why not. */
export function staleness(spotQuote: Quote | null, perpQuote: Quote | null, nowWallMs: number): string | null {
  if (spotQuote === null || perpQuote === null) {
    return `no quote of the ${spotQuote === null ? 'spot' : 'perpetual'} leg`;
  }
  for (const quote of [spotQuote, perpQuote]) {
    if (quote.isClosed === true) return `${quote.venue} ${quote.symbol} is not open for trading now`;
    const ageMs = nowWallMs - quote.aliveAtMs;
    if (ageMs > maxQuoteAgeMs) return `${quote.venue} ${quote.symbol} is ${ageMs} ms old, over ${maxQuoteAgeMs} ms`;
  }
  const gapMs = Math.abs(spotQuote.aliveAtMs - perpQuote.aliveAtMs);
  return gapMs > maxQuoteGapMs ? `the quotes are ${gapMs} ms apart, over ${maxQuoteGapMs} ms` : null;
}
