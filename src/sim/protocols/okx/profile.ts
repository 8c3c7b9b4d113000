/** OKX as the simulator sees it. */
import { usualBorrow } from '../../exchange/rules.ts';
import type { VenueProfile } from '../profile.ts';
import { countedIds } from '../profile.ts';
import { createOkxProtocol } from './index.ts';
import { okxInstruments } from './instruments.ts';

export const okxProfile: VenueProfile = {
  venue: 'okx',
  createProtocol: createOkxProtocol,
  instruments: okxInstruments,
  defaultAccount: {
    balances: { USDT: '100000', USDC: '100000' },
    spotFees: { takerBps: '15', makerBps: '10' },
    perpetualFees: { takerBps: '5', makerBps: '2' },
  },
  fundingIntervalHours: 8,
  orderId: countedIds(1_700_000_000_000_000_000n),
  tradeId: countedIds(400_000_000n),
  makeKeys: (random) => ({
    apiKey: uuidOf(random(16).toString('hex')),
    secret: random(16).toString('hex').toUpperCase(),
    password: random(12).toString('hex'),
  }),
  rules: {
    postOnlyKill: 'recorded',
    fillOrKill: 'recorded',
    // A look-up by client id answers with the newest of several orders: an id is free again once its order is done.
    clientIdScope: 'open',
    spotFee: 'received',
    defaultLeverage: 3,
    borrow: usualBorrow,
  },
};

/** 32 hexadecimal digits in groups of 8-4-4-4-12. */
function uuidOf(digits: string): string {
  return [digits.slice(0, 8), digits.slice(8, 12), digits.slice(12, 16), digits.slice(16, 20), digits.slice(20)].join(
    '-',
  );
}
