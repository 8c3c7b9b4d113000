/**
 * ULIDs from a given time and source of randomness, so that a workflow can make one and make the same again on replay.
 * Format: 10 characters of time and 16 of randomness in Crockford's base 32 (github.com/ulid/spec).
 */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** @param random returns numbers in [0, 1) */
export function makeUlid(timeMs: number, random: () => number): string {
  let time = '';
  for (let rest = timeMs, place = 0; place < 10; place += 1) {
    time = alphabet.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  let entropy = '';
  for (let place = 0; place < 16; place += 1) entropy += alphabet.charAt(Math.floor(random() * 32));
  return time + entropy;
}
