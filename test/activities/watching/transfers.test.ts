/** Deposits and withdrawals told from what is merely on its way into the ledger. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTransfers } from '../../../activities/watching/transfers.ts';
import { decimal, toText } from '../../../src/domain/decimal.ts';
import type { AccountFlows } from '../../../src/domain/equity/holdings.ts';
import type { AccountReading, VenuePosition } from '../../../src/ports/venue.ts';
import { startMs } from './support.ts';

/** A perpetual's account that declared 50,000 USDT. Market time is wall time. */
function account(known: ReadonlyMap<string, ReturnType<typeof decimal>> | null = null) {
  const held = {
    reading: null as AccountReading | null,
    isDeclared: true,
    isQuiet: true,
    flows: { traded: [], paid: [], perpetualFills: 0 } as AccountFlows,
  };
  const ledger = {
    baselines: () =>
      Promise.resolve(
        held.isDeclared
          ? [
              {
                account: 'binance',
                balances: [{ currency: 'USDT', total: '50000', free: '50000' }],
                positions: [],
                declaredAtWallMs: startMs,
                declaredAtMarketMs: startMs,
              },
            ]
          : [],
      ),
    latestReading: () => Promise.resolve(held.reading),
    accountFlows: () => Promise.resolve(held.flows),
    isAccountQuiet: () => Promise.resolve(held.isQuiet),
  };
  const anchor = { wallMs: 0, marketMs: 0, scale: 1, tapeEndMs: null };
  const transfers = createTransfers({ ledger, account: 'binance', anchor, paysFunding: true, known });
  /** A reading of this moment. */
  const read = (usdt: string, readAtMs: number, positions: Partial<VenuePosition>[] = []): void => {
    held.reading = {
      account: 'binance',
      balances: [{ currency: 'USDT', total: usdt, free: usdt }],
      positions: positions.map((position) => ({
        symbol: 'USDC/USDT:USDT',
        quantityBase: '0',
        entryPrice: null,
        markPrice: null,
        liquidationPrice: null,
        leverage: null,
        ...position,
      })),
      openOrderIds: [],
      freeMargin: usdt,
      readAtMs,
    };
  };
  const told = async () => {
    const truth = await transfers.truth();
    if (truth === null) return null;
    const { transferred, holdings } = truth;
    const written = (amounts: ReadonlyMap<string, ReturnType<typeof decimal>>) =>
      Object.fromEntries([...amounts].map(([name, amount]) => [name, toText(amount)]));
    return { putIn: written(transferred), coins: written(holdings.coins), traded: written(holdings.traded) };
  };
  return { held, read, told, transfers };
}

/** Wall time by which everything in a reading is booked, on an account that pays funding. */
const bookedMs = 80_000;

test('a payment that the ledger does not have yet is not taken for a deposit', async () => {
  const { held, read, told, transfers } = account();
  read('50007', startMs);
  await transfers.observe(startMs + bookedMs - 1);
  assert.deepEqual(await told(), { putIn: { USDT: '50000' }, coins: { USDT: '50000' }, traded: {} });
  held.flows = { traded: [], paid: [{ currency: 'USDT', amount: '7' }], perpetualFills: 0 };
  await transfers.observe(startMs + bookedMs);
  assert.deepEqual(await told(), { putIn: { USDT: '50000' }, coins: { USDT: '50007' }, traded: {} });
});

test('what nothing explains by then is put in, and taken out again later', async () => {
  const { read, told, transfers } = account();
  read('60000', startMs);
  await transfers.observe(startMs + bookedMs);
  assert.deepEqual(await told(), { putIn: { USDT: '60000' }, coins: { USDT: '60000' }, traded: {} });
  read('45000', startMs + bookedMs);
  await transfers.observe(startMs + bookedMs);
  await transfers.observe(startMs + 2 * bookedMs);
  assert.deepEqual((await told())?.putIn, { USDT: '45000' });
});

test('a reading that is waited for is not replaced by newer ones, so that one is looked at some day', async () => {
  const { read, told, transfers } = account();
  for (let atMs = startMs; atMs <= startMs + bookedMs; atMs += 10_000) {
    read(atMs === startMs ? '60000' : '70000', atMs);
    await transfers.observe(atMs);
  }
  assert.deepEqual((await told())?.putIn, { USDT: '60000' });
});

test('a reading with fills about it proves nothing', async () => {
  const { held, read, told, transfers } = account();
  held.isQuiet = false;
  read('60000', startMs);
  await transfers.observe(startMs + bookedMs);
  assert.deepEqual((await told())?.putIn, { USDT: '50000' });
});

test('a liquidation that is not booked is a loss at once, and stays one when it is', async () => {
  const { held, read, told, transfers } = account();
  const opened = { symbol: 'USDC/USDT:USDT', quantityBase: '1000', quoteAmount: '-1000' };
  held.flows = { traded: [opened], paid: [], perpetualFills: 1 };
  // Closed by the venue at 0.9: 100 are lost.
  read('49900', startMs);
  await transfers.observe(startMs + bookedMs);
  const lost = { putIn: { USDT: '50000' }, coins: { USDT: '49900' }, traded: { 'USDC/USDT:USDT': '0' } };
  assert.deepEqual(await told(), lost);
  held.flows = { traded: [{ ...opened, quantityBase: '0', quoteAmount: '-100' }], paid: [], perpetualFills: 2 };
  assert.deepEqual(await told(), lost, 'it is booked now, and not twice');
  read('49900', startMs + bookedMs);
  await transfers.observe(startMs + bookedMs);
  await transfers.observe(startMs + 2 * bookedMs);
  assert.deepEqual(await told(), lost);
});

test('a watcher that takes over knows what was put in before it; an account that declared nothing has no equity', async () => {
  const { held, read, told, transfers } = account(new Map([['USDT', decimal('60000')]]));
  held.isDeclared = false;
  assert.equal(await told(), null);
  held.isDeclared = true;
  assert.deepEqual(await told(), { putIn: { USDT: '60000' }, coins: { USDT: '60000' }, traded: {} });
  read('60000', startMs);
  await transfers.observe(startMs + bookedMs);
  assert.deepEqual((await told())?.putIn, { USDT: '60000' });
});
