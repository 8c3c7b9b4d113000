/**
 * When to stop. Ctrl-C reaches the whole process group and npm sends it once more, so a second SIGINT within a second is
 * the same one. SIGKILL of npm cannot be caught by npm; it shows as another parent of ours.
 */
const SAME_SIGNAL_MS = 1000;
const PARENT_POLL_MS = 250;

/** Calls `stop` with the signal to pass on. Returns what ends the watch. */
export function onStop(stop) {
  const lastAtMs = {};
  const hear = (signal) => {
    const nowMs = performance.now();
    if (nowMs - (lastAtMs[signal] ?? -Infinity) < SAME_SIGNAL_MS) return;
    lastAtMs[signal] = nowMs;
    // Its terminal is gone, and with it whoever could send a second signal: stop in order.
    stop(signal === 'SIGHUP' ? 'SIGTERM' : signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, hear);
  const timer = watchParent(() => stop('SIGTERM'));
  return () => {
    clearInterval(timer);
    for (const signal of signals) process.off(signal, hear);
  };
}

/** Only under npm: a launcher started by hand in the background outlives its shell on purpose. */
function watchParent(gone) {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    gone();
  }, PARENT_POLL_MS);
  return timer.unref();
}
