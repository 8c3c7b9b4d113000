/** Does the work and tells how long it took. */
export async function timed<T>(log: (line: string) => void, what: string, work: () => Promise<T>): Promise<T> {
  const startedAtMs = Date.now();
  const result = await work();
  log(`${what} ready in ${((Date.now() - startedAtMs) / 1000).toFixed(1)} s`);
  return result;
}
