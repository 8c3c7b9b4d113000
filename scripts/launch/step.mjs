/** Says on standard error what is being done, a sign of life while it lasts, and how long it took. */
export async function step(title, work) {
  const startedAtMs = Date.now();
  const seconds = () => `${((Date.now() - startedAtMs) / 1000).toFixed(1)} s`;
  process.stderr.write(`${title} …\n`);
  const sign = setInterval(() => process.stderr.write(`${title} … ${seconds()}\n`), 15_000);
  try {
    const result = await work();
    process.stderr.write(`${title}: done in ${seconds()}\n`);
    return result;
  } catch (error) {
    process.stderr.write(`${title}: failed after ${seconds()}\n`);
    throw error;
  } finally {
    clearInterval(sign);
  }
}
