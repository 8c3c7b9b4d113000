/** Coinbase (Advanced Trade, spot) as the simulator sees it. */
import type { VenueProfile } from '../profile.ts';
import { orderId, tradeId } from './ids.ts';
import { createCoinbaseProtocol } from './index.ts';
import { coinbaseInstruments } from './instruments.ts';
import { makeKeys } from './keys.ts';

export const coinbaseProfile: VenueProfile = {
  venue: 'coinbase',
  createProtocol: createCoinbaseProtocol,
  instruments: coinbaseInstruments,
  defaultAccount: {
    balances: { USD: '100000', USDC: '100000', USDT: '100000' },
    // What the exchange charges for its stable pairs; an account of the first tier pays 120 and 60 for the others.
    spotFees: { takerBps: '0.1', makerBps: '0' },
    perpetualFees: null,
  },
  spreadTicks: '2',
  fundingIntervalHours: 8,
  orderId,
  tradeId,
  makeKeys,
  rules: {
    postOnlyKill: 'refused',
    fillOrKill: 'recorded',
    clientIdScope: 'ever',
    spotFee: 'quote',
    defaultLeverage: 1,
  },
};
