/** The checksum with which a client proves that its copy of the order book is the exchange's. */
import { crc32 } from 'node:zlib';
import type { WireNumber } from './format.ts';

export interface WireLevel {
  readonly price: WireNumber;
  readonly qty: WireNumber;
}

const levelsCounted = 10;

/** CRC-32 of the digits of the ten best asks, then of the ten best bids, price before quantity. @param asks best first */
export function bookChecksum(bids: readonly WireLevel[], asks: readonly WireLevel[]): number {
  const digits = [...asks.slice(0, levelsCounted), ...bids.slice(0, levelsCounted)];
  return crc32(digits.map(({ price, qty }) => significant(price) + significant(qty)).join(''));
}

/** Without the point, and without zeros in front. */
function significant({ digits }: WireNumber): string {
  return digits.replace('.', '').replace(/^0+/, '');
}
