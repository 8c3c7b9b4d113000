/** kraken (spot) as the simulator sees it. */
import type { VenueProfile } from '../profile.ts';
import { krakenOrderId, krakenTradeId } from './ids.ts';
import { createKrakenProtocol } from './index.ts';
import { krakenInstruments } from './instruments.ts';

export const krakenProfile: VenueProfile = {
  venue: 'kraken',
  createProtocol: createKrakenProtocol,
  instruments: krakenInstruments,
  defaultAccount: {
    balances: { USD: '100000', USDC: '100000', USDT: '100000' },
    spotFees: { takerBps: '26', makerBps: '16' },
    perpetualFees: null,
  },
  spreadTicks: '2',
  // The least depth that its stream offers: a book is never thinner.
  levels: 10,
  fundingIntervalHours: 8,
  orderId: krakenOrderId,
  tradeId: krakenTradeId,
  // A key of 56 characters, and a secret of 64 bytes in base 64: clients decode it before they sign.
  makeKeys: (random) => ({
    apiKey: random(42).toString('base64'),
    secret: random(64).toString('base64'),
    password: null,
  }),
  rules: {
    postOnlyKill: 'refused',
    fillOrKill: 'recorded',
    clientIdScope: 'open',
    spotFee: 'quote',
    defaultLeverage: 1,
  },
};
