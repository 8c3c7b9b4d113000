/** binance spot as the simulator sees it. */
import type { VenueProfile } from '../profile.ts';
import { countedIds, hexKeys } from '../profile.ts';
import { createBinanceProtocol } from './index.ts';
import { binanceInstruments } from './instruments.ts';

export const binanceProfile: VenueProfile = {
  venue: 'binance',
  createProtocol: createBinanceProtocol,
  instruments: binanceInstruments,
  defaultAccount: {
    balances: { USDT: '100000', USDC: '100000' },
    spotFees: { takerBps: '10', makerBps: '10' },
    perpetualFees: null,
  },
  spreadTicks: '2',
  fundingIntervalHours: 8,
  orderId: countedIds(5_000_000_000n),
  tradeId: countedIds(500_000_000n),
  makeKeys: hexKeys,
  rules: {
    postOnlyKill: 'refused',
    fillOrKill: 'recorded',
    clientIdScope: 'open',
    spotFee: 'received',
    defaultLeverage: 1,
  },
};
