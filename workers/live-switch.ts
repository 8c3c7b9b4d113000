/**
 * The switch of real money in a deployment, where a flag would stand in a file that others write: `BASIS_LIVE=yes` is
 * `--live`. Nothing else is, `true` and `1` included: who writes `no` must not trade, and who writes `on` should be asked.
 */

/** @throws Error naming what is allowed */
export function isLiveSwitched(env: NodeJS.ProcessEnv): boolean {
  const given = env['BASIS_LIVE'];
  if (given === undefined || given === '') return false;
  if (given === 'yes') return true;
  throw new Error(`BASIS_LIVE=${JSON.stringify(given)} is not allowed: write yes to trade real money, or leave it out`);
}
