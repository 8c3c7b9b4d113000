/**
 * Waits for work that goes on side by side. The first failure makes `giveUp` end the rest; it is thrown when all of it
 * has ended, so that whoever tries again meets nothing of the first try. What fails because of the end is not told.
 */
export async function together<T extends readonly unknown[]>(
  work: readonly [...T],
  giveUp: () => void,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  try {
    return await Promise.all(work);
  } catch (error) {
    giveUp();
    await Promise.allSettled(work);
    throw error;
  }
}
