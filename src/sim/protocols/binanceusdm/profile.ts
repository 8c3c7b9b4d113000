/** binance USDⓈ-M as the simulator sees it. */
import { decimal } from '../../../domain/decimal.ts';
import type { VenueProfile } from '../profile.ts';
import { countedIds, hexKeys } from '../profile.ts';
import { createBinanceUsdmProtocol } from './index.ts';
import { binanceUsdmInstruments } from './instruments.ts';

export const binanceUsdmProfile: VenueProfile = {
  venue: 'binanceusdm',
  createProtocol: createBinanceUsdmProtocol,
  instruments: binanceUsdmInstruments,
  defaultAccount: {
    balances: { USDT: '100000' },
    spotFees: null,
    perpetualFees: { takerBps: '5', makerBps: '2' },
  },
  fundingIntervalHours: 8,
  orderId: countedIds(8_000_000_000n),
  tradeId: countedIds(800_000_000n),
  makeKeys: hexKeys,
  rules: {
    postOnlyKill: 'refused',
    fillOrKill: 'refused',
    clientIdScope: 'open',
    spotFee: 'received',
    defaultLeverage: 20,
    // What its list of symbols says.
    liquidationFeeRate: decimal('0.01'),
  },
};
