/** A day of an account at kraken, from its first order to its last record, in the exchange's own fields. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Row } from '../../support/json.ts';
import { row } from '../../support/json.ts';
import { closers, tapeStartMs } from '../../support/simulator.ts';
import type { Kraken } from './support.ts';
import { placed, resting, startKraken } from './support.ts';

const hourMs = 3_600_000;

function pick(value: unknown, ...names: readonly string[]): unknown[] {
  const fields = row(value);
  return names.map((name) => fields[name]);
}

function only(value: unknown): Row {
  const [entry, ...others] = Object.values(row(value));
  assert.equal(others.length, 0);
  return row(entry);
}

describe('an account at kraken with 100,000 USD and USDC, fees 26 and 16 bps', () => {
  const suite = closers();
  let kraken: Kraken;
  let bought = '';
  let waiting = '';
  let offered = '';
  before(async () => {
    kraken = await startKraken(suite);
  });
  after(() => suite.closeAll());

  it('buys 1,000 at the best ask and pays the fee in USD', async () => {
    const order = { ...resting, volume: '1000', price: '1.01', timeinforce: 'IOC', cl_ord_id: 'first' };
    const { descr, txid } = await kraken.done('AddOrder', order);
    assert.deepEqual(descr, { order: 'buy 1000.00000000 USDCUSD @ limit 1.0100' });
    bought = String(Array.isArray(txid) ? txid[0] : '');
    assert.match(bought, /^O[A-Z2-7]{5}-[A-Z2-7]{5}-[A-Z2-7]{6}$/);
    const found = row((await kraken.done('QueryOrders', { txid: bought, trades: true }))[bought]);
    // 1,000 · 0.9997, and 0.26 % of it
    assert.deepEqual(pick(found, 'status', 'vol_exec', 'cost', 'fee', 'price', 'cl_ord_id', 'reason'), [
      'closed',
      '1000.00000000',
      '999.70000',
      '2.59922',
      '0.9997',
      'first',
      null,
    ]);
    assert.deepEqual(pick(found, 'opentm', 'closetm'), [tapeStartMs / 1000, tapeStartMs / 1000]);
    assert.ok(Array.isArray(found['trades']) && found['trades'].length === 1);
  });

  it('rests a bid and an offer, which hold what they may spend', async () => {
    waiting = await placed(kraken, { volume: '400', price: '0.9992', userref: 12 });
    offered = await placed(kraken, { type: 'sell', volume: '500', price: '1.1', oflags: 'post' });
    const { ZUSD: usd, USDC: usdc } = await kraken.done('BalanceEx');
    // 100,000 − 999.7 − 2.59922; 400 · 0.9992
    assert.deepEqual(usd, { balance: '98997.70078', hold_trade: '400.719168' });
    assert.deepEqual(usdc, { balance: '101000.00000000', hold_trade: '500.00000000' });
    const open = row((await kraken.done('OpenOrders', { userref: 12 }))['open']);
    assert.deepEqual(Object.keys(open), [waiting]);
    assert.deepEqual(pick(row(open[waiting])['descr'], 'order'), ['buy 400.00000000 USDCUSD @ limit 0.9992']);
  });

  it('fills the bid as maker, at its own price, when the market comes down to it', async () => {
    kraken.simulator.passMarket(hourMs);
    const { closed } = await kraken.done('ClosedOrders', { userref: 12 });
    // 400 · 0.9992, and 0.16 % of it
    assert.deepEqual(pick(only(closed), 'status', 'price', 'cost', 'fee', 'closetm'), [
      'closed',
      '0.9992',
      '399.68000',
      '0.639488',
      (tapeStartMs + hourMs) / 1000,
    ]);
  });

  it('cancels the offer, and says why it is closed', async () => {
    assert.deepEqual(await kraken.done('CancelOrder', { txid: offered }), { count: 1 });
    const found = row((await kraken.done('QueryOrders', { txid: offered }))[offered]);
    assert.deepEqual(pick(found, 'status', 'reason', 'vol_exec', 'oflags'), [
      'canceled',
      'User requested',
      '0.00000000',
      'post,fciq',
    ]);
    const { closed, count } = await kraken.done('ClosedOrders');
    assert.deepEqual([Object.keys(row(closed)), count], [[offered, waiting, bought], 3]);
  });

  it('has both trades, newest first, and pages after one of them by its id', async () => {
    const { trades, count } = await kraken.done('TradesHistory');
    const listed = Object.entries(row(trades));
    assert.deepEqual(
      listed.map(([, trade]) => pick(trade, 'ordertxid', 'price', 'vol', 'cost', 'fee', 'maker')),
      [
        [waiting, '0.9992', '400.00000000', '399.68000', '0.639488', true],
        [bought, '0.9997', '1000.00000000', '999.70000', '2.59922', false],
      ],
    );
    assert.equal(count, 2);
    const after = await kraken.done('TradesHistory', { start: listed[1]?.[0] ?? '' });
    assert.deepEqual(Object.keys(row(after['trades'])), [listed[0]?.[0]]);
  });

  it('takes a fee in USDC when the order asks for it', async () => {
    const id = await placed(kraken, { price: '1.01', timeinforce: 'IOC', oflags: 'fcib' });
    const { USDC: usdc } = await kraken.done('Balance');
    // 101,400 + 100 − 0.26 % of 100
    assert.equal(usdc, '101499.74000000');
    const found = row((await kraken.done('QueryOrders', { txid: id }))[id]);
    assert.deepEqual(pick(found, 'oflags', 'price', 'cost'), ['fcib', '0.9991', '99.91000']);
  });

  it('leaves a ledger whose balances follow each other', async () => {
    const { ledger } = await kraken.done('Ledgers', { asset: 'ZUSD' });
    assert.deepEqual(
      Object.values(row(ledger)).map((entry) => pick(entry, 'type', 'amount', 'fee', 'balance')),
      [
        // Newest first. 98,597.381292 − 99.91; 98,997.70078 − 399.68 − 0.639488
        ['trade', '-99.9100', '0.0000', '98497.471292'],
        ['trade', '-399.6800', '0.639488', '98597.381292'],
        ['trade', '-999.7000', '2.59922', '98997.70078'],
      ],
    );
    const coins = await kraken.done('Ledgers', { asset: 'USDC' });
    assert.deepEqual(pick(Object.values(row(coins['ledger']))[0], 'amount', 'fee', 'balance'), [
      '100.00000000',
      '0.26000000',
      '101499.74000000',
    ]);
  });

  it('spends an amount of USD, fee apart, in a market order', async () => {
    const { ZUSD: before } = await kraken.done('Balance');
    assert.equal(before, '98497.471292');
    const id = await placed(kraken, { ordertype: 'market', volume: '199.82', oflags: 'viqc', price: '' });
    const found = row((await kraken.done('QueryOrders', { txid: id }))[id]);
    // 199.82 / 0.9991 = 200; 0.26 % of 199.82
    assert.deepEqual(pick(found, 'status', 'vol', 'vol_exec', 'cost', 'fee'), [
      'closed',
      '199.82000000',
      '200.00000000',
      '199.82000',
      '0.519532',
    ]);
  });
});
