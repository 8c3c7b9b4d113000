/** Bybit as the simulator sees it. */
import { usualBorrow } from '../../exchange/rules.ts';
import type { VenueProfile } from '../profile.ts';
import { countedIds, hexKeys } from '../profile.ts';
import { createBybitProtocol } from './index.ts';
import { bybitInstruments } from './instruments.ts';

export const bybitProfile: VenueProfile = {
  venue: 'bybit',
  createProtocol: createBybitProtocol,
  instruments: bybitInstruments,
  defaultAccount: {
    balances: { USDT: '100000', USDC: '100000' },
    spotFees: { takerBps: '10', makerBps: '10' },
    perpetualFees: { takerBps: '6', makerBps: '1' },
  },
  fundingIntervalHours: 8,
  orderId: countedIds(1_800_000_000_000_000_000n),
  tradeId: countedIds(180_000_000_000_000_000n),
  makeKeys: hexKeys,
  rules: {
    postOnlyKill: 'recorded',
    fillOrKill: 'recorded',
    // "Always unique", for spot and contracts alike, say the documents of 2026; those of 2023 let a contract's id be
    // used again once its order was filled or cancelled.
    clientIdScope: 'ever',
    spotFee: 'received',
    defaultLeverage: 10,
    borrow: usualBorrow,
  },
};
