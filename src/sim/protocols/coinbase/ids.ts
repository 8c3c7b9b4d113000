/** Ids of everything that Coinbase names by a UUID. */
import { countedUuid, namedUuid, sequenceOf } from '../uuids.ts';

export const orderId = (sequence: number): string => countedUuid('order', sequence);
export const tradeId = (sequence: number): string => countedUuid('trade', sequence);

/** Of one currency of an account. */
export const walletId = (account: string, currency: string): string => namedUuid(`wallet ${account} ${currency}`);
export const userId = (account: string): string => namedUuid(`user ${account}`);
export const portfolioId = (account: string): string => namedUuid(`portfolio ${account}`);
export const assetId = (currency: string): string => namedUuid(`asset ${currency}`);

/** The number that the public feed shows for a trade, whose id the account's own fills show as a UUID. */
export const publicTradeId = (uuid: string): string => String(900_000_000 + sequenceOf(uuid));
