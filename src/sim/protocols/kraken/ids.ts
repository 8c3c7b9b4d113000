/**
 * Kraken's ids: a letter for the kind and sixteen characters of base 32, as in `OABCDE-FGHIJ-KLMNOP`.
 *
 * Orders and trades are numbered; the number is spread over all eighty bits, so that ids look like the exchange's and
 * do not sort by time, as there. Multiplying by an odd number and folding the upper half down can both be undone:
 * two numbers never share an id, and a trade's number can be read back from its id.
 */
import { createHash } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const bits = 80n;
const mask = (1n << bits) - 1n;
const multiplier = 0x9e3779b97f4a7c15f39dn;
const inverse = inverseOf(multiplier);

/** Newton's iteration: each step doubles the bits that are right, from three. */
function inverseOf(odd: bigint): bigint {
  let guess = odd;
  for (let correctBits = 3n; correctBits < bits; correctBits *= 2n) guess = (guess * (2n - odd * guess)) & mask;
  return guess;
}

const fold = (value: bigint): bigint => value ^ (value >> (bits / 2n));

/** Id of the nth order of the venue, from 1. */
export function krakenOrderId(sequence: number): string {
  return written('O', fold((BigInt(sequence) * multiplier) & mask));
}

/** Id of the nth trade of the venue, from 1. */
export function krakenTradeId(sequence: number): string {
  return written('T', fold((BigInt(sequence) * multiplier) & mask));
}

/** The number that an id of `krakenTradeId` was made of: the `trade_id` of public trades. */
export function tradeNumber(tradeId: string): number {
  let value = 0n;
  for (const letter of tradeId.slice(1).replaceAll('-', '')) value = value * 32n + BigInt(alphabet.indexOf(letter));
  return Number((fold(value) * inverse) & mask);
}

/** An id that follows from others: a ledger entry's from its trade and currency. */
export function derivedId(kind: string, ...parts: readonly string[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  return written(kind, BigInt(`0x${digest.subarray(0, 10).toString('hex')}`));
}

/** Whether a text has the form of an id of this kind. */
export function isKrakenId(kind: string, text: string): boolean {
  return text.startsWith(kind) && /^[A-Z2-7]{6}-[A-Z2-7]{5}-[A-Z2-7]{6}$/.test(text);
}

function written(kind: string, value: bigint): string {
  let letters = '';
  for (let rest = value, index = 0; index < 16; index += 1, rest >>= 5n)
    letters = alphabet[Number(rest & 31n)] + letters;
  return `${kind}${letters.slice(0, 5)}-${letters.slice(5, 10)}-${letters.slice(10)}`;
}
