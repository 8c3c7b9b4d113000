/** Ids of everything that Kraken Futures names by a UUID. */
import { countedUuid, namedUuid } from '../uuids.ts';

export const orderId = (sequence: number): string => countedUuid('order', sequence);
export const tradeId = (sequence: number): string => countedUuid('fill', sequence);
export const challengeId = (sequence: number): string => countedUuid('challenge', sequence);
export const accountId = (account: string): string => namedUuid(`account ${account}`);
/** Of the nth thing that happened to an order. */
export const eventId = (order: string, step: number): string => namedUuid(`event ${order} ${step}`);
export const bookingId = (incomeId: string): string => namedUuid(`booking ${incomeId}`);
/** The schedule of fees that all contracts share. */
export const feeScheduleId = namedUuid('fee schedule');
