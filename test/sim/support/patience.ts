/** Waiting for what an exchange streams, but not for ever: a silent one fails the check instead of holding up the run. */
const patienceMs = 20_000;

export interface Patience {
  /** What was waited for, unless patience ends before it: then an error that names it. */
  readonly until: <T>(waited: Promise<T>) => Promise<T>;
  /** Always to be called in the end: the timer keeps the process alive. */
  readonly end: () => void;
}

function startPatience(what: string): Patience {
  let giveUp: (error: Error) => void = () => undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    giveUp = reject;
  });
  ended.catch(() => undefined);
  const timer = setTimeout(() => giveUp(new Error(`${what}: nothing in ${patienceMs / 1000} s`)), patienceMs);
  return {
    // The end goes first: a stream that never stops must not outlast it.
    until: (waited) => Promise.race([ended, waited]),
    end: () => clearTimeout(timer),
  };
}

/** Runs something that may wait as often as it likes, all of it within one patience. */
export async function patiently<T>(what: string, run: (patience: Patience) => Promise<T>): Promise<T> {
  const patience = startPatience(what);
  try {
    return await run(patience);
  } finally {
    patience.end();
  }
}

/** Watches until something fits. */
export async function watchedUntil<T>(
  what: string,
  watch: () => Promise<T>,
  fits: (seen: T) => boolean = () => true,
): Promise<T> {
  return await patiently(what, async ({ until }) => {
    for (;;) {
      const seen = await until(watch());
      if (fits(seen)) return seen;
    }
  });
}
