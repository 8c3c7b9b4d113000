/** The two ways in which exchanges count requests. Wall time; nothing is remembered beyond what a limit needs. */

export interface TokenBuckets {
  /** 0: taken. Otherwise nothing was taken: milliseconds until so much is there. */
  take(key: string, cost: number, wallMs: number): number;
  /** What is there now. */
  left(key: string, wallMs: number): number;
}

/** A budget a key that fills up steadily to its capacity. */
export function createTokenBuckets(options: {
  readonly capacity: number;
  readonly refillPerSecond: number;
}): TokenBuckets {
  const { capacity, refillPerSecond } = options;
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  function bucketOf(key: string, wallMs: number): { tokens: number; atMs: number } {
    const bucket = buckets.get(key) ?? { tokens: capacity, atMs: wallMs };
    const passedMs = Math.max(0, wallMs - bucket.atMs);
    bucket.tokens = Math.min(capacity, bucket.tokens + (passedMs * refillPerSecond) / 1000);
    bucket.atMs = Math.max(bucket.atMs, wallMs);
    buckets.set(key, bucket);
    return bucket;
  }
  return {
    take(key, cost, wallMs) {
      const bucket = bucketOf(key, wallMs);
      if (bucket.tokens < cost) return Math.max(1, Math.ceil(((cost - bucket.tokens) / refillPerSecond) * 1000));
      bucket.tokens -= cost;
      return 0;
    },
    left: (key, wallMs) => bucketOf(key, wallMs).tokens,
  };
}

export interface FixedWindows {
  /** Counts always. 0: within the limit; otherwise milliseconds until the window ends. */
  take(key: string, cost: number, wallMs: number): number;
  /** Counted in the present window. */
  used(key: string, wallMs: number): number;
}

/** A count a key that starts again with every window, aligned to the clock. */
export function createFixedWindows(options: { readonly limit: number; readonly windowMs: number }): FixedWindows {
  const { limit, windowMs } = options;
  const counts = new Map<string, { window: number; used: number }>();
  function countOf(key: string, wallMs: number): { window: number; used: number } {
    const window = Math.floor(wallMs / windowMs);
    const kept = counts.get(key);
    const count = kept !== undefined && kept.window === window ? kept : { window, used: 0 };
    counts.set(key, count);
    return count;
  }
  return {
    take(key, cost, wallMs) {
      const count = countOf(key, wallMs);
      count.used += cost;
      return count.used <= limit ? 0 : (count.window + 1) * windowMs - wallMs;
    },
    used: (key, wallMs) => countOf(key, wallMs).used,
  };
}
