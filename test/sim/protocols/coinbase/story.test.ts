/** A day of an account at coinbase, from its first order to its last record, in the exchange's own fields. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { row, rows } from '../../support/json.ts';
import { closers } from '../../support/simulator.ts';
import type { Coinbase } from './support.ts';
import { found, limit, placed, startCoinbase, wallet } from './support.ts';

const hourMs = 3_600_000;

function pick(value: unknown, ...names: readonly string[]): unknown[] {
  const fields = row(value);
  return names.map((name) => fields[name]);
}

describe('an account at coinbase with 100,000 USD and USDT, fees 60 and 40 bps', () => {
  const suite = closers();
  let coinbase: Coinbase;
  let bought = '';
  let waiting = '';
  let offered = '';
  before(async () => {
    coinbase = await startCoinbase(suite);
  });
  after(() => suite.closeAll());

  it('buys 1,000 at the best ask and pays the fee in USD', async () => {
    const terms = { base_size: '1000', limit_price: '1.01' };
    bought = await placed(coinbase, { sor_limit_ioc: terms }, { client_order_id: 'first' });
    const order = await found(coinbase, bought);
    // 1,000 · 0.99961, and 0.6 % of it
    assert.deepEqual(
      pick(order, 'status', 'filled_size', 'average_filled_price', 'filled_value', 'total_fees', 'number_of_fills'),
      ['FILLED', '1000', '0.99961', '999.61', '5.99766', '1'],
    );
    assert.deepEqual(pick(order, 'total_value_after_fees', 'client_order_id', 'time_in_force', 'order_configuration'), [
      '1005.60766',
      'first',
      'IMMEDIATE_OR_CANCEL',
      { sor_limit_ioc: terms },
    ]);
    assert.deepEqual(await wallet(coinbase, 'USD'), ['98994.39234', '0']);
    assert.deepEqual(await wallet(coinbase, 'USDT'), ['101000', '0']);
  });

  it('rests a bid, which holds its fee too, and an offer', async () => {
    waiting = await placed(coinbase, limit('400', '0.9992'));
    offered = await placed(coinbase, limit('500', '1.1', true), { side: 'SELL' });
    // 400 · 0.9992 = 399.68, and 0.6 % of it: 2.39808
    assert.deepEqual(await wallet(coinbase, 'USD'), ['98592.31426', '402.07808']);
    assert.deepEqual(await wallet(coinbase, 'USDT'), ['100500', '500']);
    const { body } = await coinbase.get('orders/historical/batch?order_status=OPEN');
    assert.deepEqual(
      rows(body['orders']).map((order) => pick(order, 'order_id', 'outstanding_hold_amount', 'completion_percentage')),
      [
        [offered, '500', '0'],
        [waiting, '402.07808', '0'],
      ],
    );
  });

  it('fills the bid as maker, at its own price, when the market comes down to it', async () => {
    coinbase.simulator.passMarket(hourMs);
    // 399.68, and 0.4 % of it
    assert.deepEqual(pick(await found(coinbase, waiting), 'status', 'average_filled_price', 'total_fees'), [
      'FILLED',
      '0.9992',
      '1.59872',
    ]);
    assert.deepEqual(await wallet(coinbase, 'USD'), ['98593.11362', '0']);
  });

  it('cancels the offer, once', async () => {
    const cancel = async (): Promise<unknown[]> => {
      const { body } = await coinbase.post('orders/batch_cancel', { order_ids: [offered] });
      return pick(rows(body['results'])[0], 'success', 'failure_reason', 'order_id');
    };
    assert.deepEqual(await cancel(), [true, 'UNKNOWN_CANCEL_FAILURE_REASON', offered]);
    assert.deepEqual(await cancel(), [false, 'INVALID_CANCEL_REQUEST', offered]);
    assert.deepEqual(pick(await found(coinbase, offered), 'status', 'cancel_message'), [
      'CANCELLED',
      'User requested cancel',
    ]);
    assert.deepEqual(await wallet(coinbase, 'USDT'), ['101400', '0']);
  });

  it('spends an amount of USD with the fee in it', async () => {
    const id = await placed(coinbase, { market_market_ioc: { quote_size: '100' } });
    const order = await found(coinbase, id);
    // 100 / 1.006 = 99.403578…, which buys 99.50 whole hundredths at 0.99901; 0.6 % of 99.401495
    assert.deepEqual(pick(order, 'filled_size', 'filled_value', 'total_fees', 'size_in_quote', 'order_configuration'), [
      '99.5',
      '99.401495',
      '0.59640897',
      true,
      { market_market_ioc: { quote_size: '100' } },
    ]);
    assert.deepEqual(await wallet(coinbase, 'USD'), ['98493.11571603', '0']);
  });

  it('lists orders and fills newest first, page after page', async () => {
    const ids: unknown[] = [];
    let cursor = '';
    do {
      const { body } = await coinbase.get(`orders/historical/batch?limit=3&cursor=${cursor}`);
      ids.push(...rows(body['orders']).map((order) => order['order_id']));
      assert.equal(body['has_next'], body['cursor'] !== '');
      cursor = String(body['cursor']);
    } while (cursor !== '');
    assert.deepEqual(ids.slice(1), [offered, waiting, bought]);
    const { body } = await coinbase.get(`orders/historical/fills?order_ids=${bought}&order_ids=${waiting}`);
    assert.deepEqual(
      rows(body['fills']).map((fill) => pick(fill, 'order_id', 'price', 'size', 'commission', 'liquidity_indicator')),
      [
        [waiting, '0.9992', '400', '1.59872', 'MAKER'],
        [bought, '0.99961', '1000', '5.99766', 'TAKER'],
      ],
    );
    const taker = await coinbase.get('transaction_summary');
    assert.deepEqual(pick(taker.body['fee_tier'], 'taker_fee_rate', 'maker_fee_rate'), ['0.006', '0.004']);
  });
});
