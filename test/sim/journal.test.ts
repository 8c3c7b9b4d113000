/** The journal: the same script writes the same bytes, and folding it gives the same state. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import * as fc from 'fast-check';
import { decimal } from '../../src/domain/decimal.ts';
import { openJournal } from '../../src/sim/journal/journal.ts';
import { stateView } from '../../src/sim/views/state-view.ts';
import { hourMs, manualClock, orderRequest, startCore, startMs } from './support/core.ts';
import { parseTransactions } from './support/json.ts';
import { accounts, runScript, scriptOf } from './support/script.ts';

const script = scriptOf(1, 60);
const venue = fc.constantFrom('bybit' as const, 'binanceusdm' as const);

/** Everything but the depth of the house, which a restart refills. */
function lasting(view: Record<string, unknown>): unknown {
  return { ...view, prices: [] };
}

describe('a script on a virtual clock', () => {
  it('writes the same journal byte for byte', () => {
    fc.assert(
      fc.property(script, venue, (random, name) => {
        assert.deepEqual(runScript(random, name).lines, runScript(random, name).lines);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves a journal that folds into the same state', () => {
    fc.assert(
      fc.property(script, venue, (random, name) => {
        const before = runScript(random, name);
        const restored = startCore({
          venue: name,
          closes: random.closes,
          accounts: [],
          fundingRate: '0.00037',
          clock: before.clock,
        });
        restored.exchange.restore(parseTransactions(before.lines));
        assert.deepEqual(lasting(stateView(restored.exchange)), lasting(stateView(before.exchange)));
      }),
      { numRuns: 60 },
    );
  });
});

describe('a journal from before venues opened orders and settled beside the book', () => {
  it('folds as it did: orders of users, fills in the book, nothing borrowed, nothing set', () => {
    const order = { id: '1', clientOrderId: '', account: 'a', instrument: 'USDCUSDT', side: 'sell', type: 'market' };
    const terms = { timeInForce: 'ioc', price: null, quantity: '10', quantityUnit: 'base', reduceOnly: false };
    const fill = { orderId: '1', tradeId: '7', price: '1', quantity: '10', role: 'taker', counterparty: 'house' };
    const events = [
      { kind: 'account_opened', account: 'a', balances: { USDT: '100' } },
      { kind: 'order_opened', order: { ...order, ...terms } },
      { kind: 'order_filled', ...fill, fee: '0.01', feeCurrency: 'USDT', realised: '0' },
      { kind: 'order_done', orderId: '1', status: 'filled', reason: '' },
    ];
    const line = JSON.stringify({ sequence: 1, venue: 'binanceusdm', atMs: startMs, events });
    const core = startCore({ venue: 'binanceusdm', closes: ['1'], accounts: [] });
    core.exchange.restore(parseTransactions([line]));
    const view = stateView(core.exchange);
    assert.deepEqual(view['balances'], [{ account: 'a', currency: 'USDT', total: '99.99', held: '0' }]);
    assert.deepEqual(view['insurance'], []);
    const market = core.exchange.state.markets.get('USDCUSDT');
    assert.deepEqual([market?.publicTrades.length, market?.scriptedMark], [1, null]);
    const [restored] = core.exchange.state.orders.values();
    assert.deepEqual([restored?.origin, restored?.borrow, restored?.status], ['user', false, 'filled']);
  });
});

describe('an exchange that was down', () => {
  it('settles the funding that it missed, and fills what the tape moved through, at their own times', () => {
    const clock = manualClock();
    const closes = [...Array.from({ length: 10 }, () => '0.999'), '0.99'];
    const options = { venue: 'binanceusdm', closes, clock } as const;
    const before = startCore(options);
    before.place({ side: 'sell', price: decimal('0.99'), quantity: decimal('500'), timeInForce: 'ioc' });
    before.place({ price: decimal('0.995'), quantity: decimal('100') });
    clock.pass(24 * hourMs);
    const after = startCore({ ...options, accounts: [] });
    after.exchange.restore(parseTransactions(before.lines));
    after.exchange.advance();
    const [account] = after.exchange.state.accounts.values();
    assert.deepEqual(
      account?.income.filter((row) => row.type === 'FUNDING_FEE').map((row) => new Date(row.atMs).getUTCHours()),
      [8, 16, 0],
    );
    const [fill] = account?.trades.slice(-1) ?? [];
    assert.deepEqual([fill?.role, fill?.executedAtMs], ['maker', Date.UTC(2025, 9, 9, 11)]);
  });
});

describe('the journal file', () => {
  const home = mkdtempSync(join(tmpdir(), 'sim-journal-'));
  after(() => rmSync(home, { recursive: true }));
  const path = join(home, 'journal.ndjson');
  const transaction = { venue: 'bybit', atMs: 1, events: [{ kind: 'tape_stopped' }] } as const;

  it('is numbered on across restarts, and a torn last line is cut off', async () => {
    const first = openJournal(path);
    first.journal.append(transaction);
    first.journal.append(transaction);
    await first.journal.close();
    appendFileSync(path, '{"sequence":3,"ven');
    const second = openJournal(path);
    assert.deepEqual(
      second.restored.map(({ sequence }) => sequence),
      [1, 2],
    );
    second.journal.append(transaction);
    await second.journal.durable();
    assert.equal(readFileSync(path, 'utf8').split('\n').length, 4);
    await second.journal.close();
    assert.equal(openJournal(path).restored.at(-1)?.sequence, 3);
  });

  it('refuses a journal with a line missing', () => {
    const broken = join(home, 'broken.ndjson');
    appendFileSync(broken, `${JSON.stringify({ sequence: 2, ...transaction })}\n`);
    assert.throws(() => openJournal(broken), /broken\.ndjson:1/);
  });
});

describe('accounts', () => {
  it('have their own orders: one cannot cancel what another placed', () => {
    const core = startCore({ venue: 'bybit', closes: ['1'], accounts });
    const order = core.place(orderRequest({ price: decimal('0.9') }));
    assert.equal(core.exchange.cancel('b', order.id), null);
    assert.equal(order.status, 'open');
  });
});
