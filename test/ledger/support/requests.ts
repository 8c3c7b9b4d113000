/** Requests as the demo makes them: 1,000 USDC bought at bybit, sold as a perpetual at binance. */
import type { VenueFill } from '../../../src/domain/fill.ts';
import type { OrderIntent } from '../../../src/domain/order.ts';
import type { PositionPlan } from '../../../src/domain/position.ts';
import type {
  OpeningRequest,
  ReservationLimits,
  ReservationRequest,
} from '../../../src/domain/portfolio/reservation.ts';
import type { AccountReading } from '../../../src/ports/venue.ts';
import { examplePlan } from '../../support/plans.ts';

/** Wall and market time of every story. */
export const nowMs = 1_790_000_000_000;

export function plan(name: string, change: Partial<PositionPlan> = {}): PositionPlan {
  return examplePlan({
    key: `USDC-bybit-binanceusdm-long-${name}`,
    direction: 'long_spot_short_perp',
    quantityBase: '1000',
    notionalUsd: '1000',
    ...change,
  });
}

export const limits: ReservationLimits = {
  maxPositionUsd: '5000',
  maxPairUsd: '1000000',
  onePositionPerPair: false,
  reentryCooldownMs: 0,
  maxReadingAgeMs: 30_000,
};

export function request(of: PositionPlan, change: Partial<ReservationRequest> = {}): ReservationRequest {
  return {
    plan: of,
    workflowId: `position/${of.key}`,
    limits,
    needs: [
      { account: 'bybit', currency: 'USDT', amount: '1000' },
      { account: 'binance', currency: 'USDT', amount: '340' },
    ],
    source: 'engine',
    nowWallMs: nowMs,
    nowMarketMs: nowMs,
    ...change,
  };
}

export function intent(change: Partial<OrderIntent> = {}): OrderIntent {
  return {
    leg: 'spot',
    account: 'bybit',
    venue: 'bybit',
    symbol: 'USDC/USDT',
    side: 'buy',
    purpose: 'open',
    step: 1,
    attempt: 1,
    quantityBase: '1000',
    limitPrice: '0.9998',
    timeInForce: 'ioc',
    reduceOnly: false,
    ...change,
  };
}

export const perpIntent = intent({
  leg: 'perp',
  account: 'binance',
  venue: 'binanceusdm',
  symbol: 'USDC/USDT:USDT',
  side: 'sell',
  limitPrice: '1.0004',
});

export function opening(of: PositionPlan, change: Partial<OpeningRequest> = {}): OpeningRequest {
  return { ...request(of), intents: [intent(), perpIntent], ...change };
}

export function reading(account: string, free: string, change: Partial<AccountReading> = {}): AccountReading {
  return {
    account,
    balances: [{ currency: 'USDT', total: free, free }],
    positions: [],
    openOrderIds: [],
    freeMargin: account === 'binance' ? free : null,
    readAtMs: nowMs - 1_000,
    ...change,
  };
}

export function fill(venueOrderId: string, tradeId: string, change: Partial<VenueFill> = {}): VenueFill {
  return {
    venueOrderId,
    tradeId,
    symbol: 'USDC/USDT',
    side: 'buy',
    price: '0.9997',
    quantityBase: '1000',
    fee: '0.05',
    feeCurrency: 'USDC',
    role: 'taker',
    executedAtMs: nowMs + 5,
    ...change,
  };
}
