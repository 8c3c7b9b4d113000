/** The checksum with which a client proves that its copy of the order book is the exchange's. */
import { crc32 } from 'node:zlib';
import type { BookRow } from './contracts.ts';

const levelsCounted = 25;

/**
 * CRC-32, signed, of `price:size` of the 25 best levels, bid and ask in turn; where one side is shorter, of the other's
 * alone. @param bids best first @param asks best first
 */
export function bookChecksum(bids: readonly BookRow[], asks: readonly BookRow[]): number {
  const parts: string[] = [];
  for (let index = 0; index < levelsCounted; index += 1) {
    for (const row of [bids[index], asks[index]]) if (row !== undefined) parts.push(`${row[0]}:${row[1]}`);
  }
  return crc32(parts.join(':')) | 0;
}
