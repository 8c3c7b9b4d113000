/** True when the work ends in this time, in whatever way; false when it goes on. */
export async function endsWithin(work: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(() => resolve(false), timeoutMs);
  const ended = work.then(
    () => true,
    () => true,
  );
  return Promise.race([ended, promise]).finally(() => clearTimeout(timer));
}
