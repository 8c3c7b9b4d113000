/** Which position a person means by what was typed. */
import type { PositionStatus } from '../../domain/position.ts';
import { BadInput } from '../errors.ts';

interface KnownPosition {
  readonly key: string;
  readonly status: PositionStatus;
}

/** What is asked of the ledger. */
export interface KnownPositions {
  position(key: string): Promise<KnownPosition | null>;
  positions(filter: { keyEnding: string }): Promise<readonly KnownPosition[]>;
}

/** Fewer are soon those of another position too, and a slip of the hand. */
const leastCharacters = 4;
/** Characters of a ULID; what stands before it in a key is many positions'. */
const ulidEnding = /^[0-9A-HJKMNP-TV-Z]{4,26}$/;

/**
 * A position's full key, from the key itself or from an ending of its ULID that no other position has.
 * @throws BadInput where nothing, or more than one position, is meant
 */
export async function resolveKey(ledger: KnownPositions, given: string): Promise<string> {
  if (given.trim().length < leastCharacters)
    throw new BadInput(
      `${JSON.stringify(given)} names no position: write its key, or at least ${leastCharacters} characters of its end`,
    );
  if ((await ledger.position(given)) !== null) return given;
  const keyEnding = given.toUpperCase();
  const matches = ulidEnding.test(keyEnding) ? await ledger.positions({ keyEnding }) : [];
  const [match] = matches;
  if (match === undefined)
    throw new BadInput(`no position has the key, or a key that ends in, ${JSON.stringify(given)}: see basis positions`);
  if (matches.length === 1) return match.key;
  throw new BadInput(
    [
      `${matches.length} positions have a key that ends in ${JSON.stringify(given)}, give more of it:`,
      ...matches.map(({ key, status }) => `  ${key}  ${status}`),
    ].join('\n'),
  );
}
