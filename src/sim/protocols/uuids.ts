/** UUIDs that are pure functions of what they name: the same run, the same ids. */
import { createHash } from 'node:crypto';

/** The last twelve digits of a counted id hold its number, so that it can be told from the id. */
const sequenceDigits = 12;

/** Always the same UUID for the same text. */
export function namedUuid(text: string): string {
  return uuidOf(createHash('sha256').update(text).digest('hex'));
}

/** The UUID of the nth thing of a kind. */
export function countedUuid(kind: string, sequence: number): string {
  const digest = createHash('sha256').update(`${kind} ${sequence}`).digest('hex').slice(0, 20);
  return uuidOf(digest + sequence.toString(16).padStart(sequenceDigits, '0'));
}

/** The number that a counted id was made of. */
export function sequenceOf(uuid: string): number {
  return Number.parseInt(uuid.slice(-sequenceDigits), 16);
}

/** Thirty-two hexadecimal digits in the form of a random UUID (version 4). */
function uuidOf(digits: string): string {
  const group = (from: number, to: number): string => digits.slice(from, to);
  const variant = (8 + (Number.parseInt(group(16, 17), 16) % 4)).toString(16);
  return `${group(0, 8)}-${group(8, 12)}-4${group(13, 16)}-${variant}${group(17, 20)}-${group(20, 32)}`;
}
