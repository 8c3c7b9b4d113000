/**
 * When a long-running command is asked to stop. Ctrl-C reaches the whole process group and the launcher passes it on,
 * so the same wish arrives two or three times within milliseconds: one second is one wish. A launcher that was killed
 * cannot pass anything on; it shows as another parent of ours.
 */
const SAME_SIGNAL_MS = 1000;
const PARENT_POLL_MS = 250;

/** Calls `stop` on the first wish, and again on each later one (a person who presses Ctrl-C twice). Returns its end. */
export function onStopSignal(stop: (signal: NodeJS.Signals) => void): () => void {
  let lastAtMs = -Infinity;
  const hear = (signal: NodeJS.Signals): void => {
    const nowMs = performance.now();
    if (nowMs - lastAtMs < SAME_SIGNAL_MS) return;
    lastAtMs = nowMs;
    stop(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, hear);
  const timer = watchLauncher(() => hear('SIGTERM'));
  return () => {
    clearInterval(timer);
    for (const signal of signals) process.off(signal, hear);
  };
}

/** Nothing to watch when the command was started by hand. */
function watchLauncher(gone: () => void): NodeJS.Timeout | undefined {
  const launcher = process.ppid;
  if (process.env['BASIS_LAUNCHER_PID'] !== String(launcher)) return undefined;
  const timer = setInterval(() => {
    if (process.ppid === launcher) return;
    clearInterval(timer);
    gone();
  }, PARENT_POLL_MS);
  return timer.unref();
}
