/** Kraken Futures (multi-collateral linear perpetuals) as the simulator sees it. */
import type { VenueProfile } from '../profile.ts';
import { orderId, tradeId } from './ids.ts';
import { createKrakenFuturesProtocol } from './index.ts';
import { krakenFuturesInstruments } from './instruments.ts';

export const krakenFuturesProfile: VenueProfile = {
  venue: 'krakenfutures',
  createProtocol: createKrakenFuturesProtocol,
  instruments: krakenFuturesInstruments,
  defaultAccount: {
    balances: { USD: '100000' },
    spotFees: null,
    perpetualFees: { takerBps: '5', makerBps: '2' },
  },
  spreadTicks: '2',
  fundingIntervalHours: 1,
  orderId,
  tradeId,
  makeKeys: (random) => ({
    apiKey: random(42).toString('base64'),
    secret: random(64).toString('base64'),
    password: null,
  }),
  rules: {
    postOnlyKill: 'refused',
    fillOrKill: 'refused',
    clientIdScope: 'ever',
    spotFee: 'quote',
    fundingOnTrades: true,
    // A model: on the exchange the tier alone decides until a preference is set.
    defaultLeverage: 10,
  },
};
