/** Kraken Futures gives its histories a hundred requests in ten minutes: what is kept of them, and when they are asked. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { BadSymbol } from 'ccxt';
import { VenueError } from '../../src/ports/venue.ts';
import { currentCall, newCallContext, runInCall } from '../../src/venues/calls/call-context.ts';
import {
  createExecutionBook,
  type Execution,
  type RecentFill,
} from '../../src/venues/capabilities/krakenfutures-executions.ts';
import { createLogBook, type LogBook, type LogRow } from '../../src/venues/capabilities/krakenfutures-log.ts';
import { krakenfutures } from '../../src/venues/capabilities/krakenfutures.ts';
import { createExchange } from '../../src/venues/exchange.ts';
import { createHttpTransport } from '../../src/venues/calls/http-transport.ts';
import { createPacer } from '../../src/venues/calls/pacer.ts';
import { clock } from './support/subjects.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** Of a position that was opened long before. */
const openedAtMs = 1_000_000;

/** An account with its two services; `spent` is what they took of the history's pool. */
function createAccount() {
  const fills: (RecentFill & { readonly execution: Execution; isListed: boolean })[] = [];
  const log: LogRow[] = [];
  const account = {
    nowMs: 100 * hourMs,
    spent: 0,
    asked: 0,
    balance: 1_000,
    fills,
    log,
    isDown: false,
    urgencies: [] as number[],
  };
  const pool = krakenfutures.pool ?? assert.fail('no pool');
  const spend = (path: string, count: number): void => {
    account.asked += 1;
    account.spent += pool.costOf('history', path, { count });
  };
  const executions = createExecutionBook({
    page: (sinceMs, token) => {
      spend('executions', 1_000);
      account.urgencies.push(currentCall()?.urgency ?? 0);
      if (account.isDown) return Promise.reject(new VenueError('unavailable', 'the history is down'));
      const rows = fills.filter(({ isListed, atMs }) => isListed && atMs >= sinceMs);
      const from = Number(token ?? 0);
      const executions = rows.slice(from, from + 1_000).map(({ execution }) => execution);
      return Promise.resolve({ executions, next: from + 1_000 < rows.length ? String(from + 1_000) : null });
    },
    recent: () => Promise.resolve(fills.slice(-100)),
    nowMs: () => account.nowMs,
  });
  /** Of a process that has just started. */
  const openLog = (): LogBook =>
    createLogBook({
      page: (from, count) => {
        spend('account-log', count);
        const rows = log.filter(({ id, atMs }) => ('from' in from ? id >= from.from : atMs >= from.since));
        return Promise.resolve(rows.slice(0, count));
      },
      wallet: () => Promise.resolve(`USD ${account.balance}`),
      nowMs: () => account.nowMs,
    });
  const logBook = openLog();
  function book(info: string, row: object = {}): void {
    account.balance += 1;
    const id = log.length + 1;
    log.push({ id, atMs: account.nowMs, row: { id, asset: 'usd', contract: 'pf_usdcusd', info, ...row } });
  }
  function fill(order: string, amount = '10', isListed = true): void {
    const id = `execution ${fills.length}`;
    const execution = { id, order, amount, timestamp: account.nowMs, marketId: 'PF_USDCUSD', info: {} };
    fills.push({ orderId: order, quantity: amount, atMs: account.nowMs, execution, isListed });
    book('futures trade');
  }
  return { account, executions, logBook, openLog, fill, book };
}

describe('a day of two live perpetuals', () => {
  test('takes a small part of what the pool is refilled by, and fills and funding are read all the same', async () => {
    const { account, executions, logBook, fill, book } = createAccount();
    for (let pass = 0; pass < 6 * 60 * 24; pass += 1) {
      if (pass % 360 === 0) for (const row of [{}, { contract: 'pf_usdtusd' }]) book('funding rate change', row);
      if (pass % 1_000 === 999) fill(`order of pass ${pass}`);
      for (const perpetual of ['PF_USDCUSD', 'PF_USDTUSD']) {
        const found = await executions.since(openedAtMs);
        const rows = await logBook.since(openedAtMs);
        assert.equal(found.length, account.fills.length, `${perpetual}, pass ${pass}`);
        assert.equal(rows.length, account.log.length, `${perpetual}, pass ${pass}`);
      }
      account.nowMs += 10_000;
    }
    assert.equal(account.log.length, 24 * 2 + 8);
    // Refilled: 14,400. Every ten minutes each of the two is read in any case: 288. And with each of 32 news twice the log,
    // of the fills the executions too. In every pass before: 24 · 1,440 = 34,560.
    assert.ok(account.spent > 288 && account.spent < 450, String(account.spent));
  });
});

describe('the fills of an order', () => {
  test('are asked for once, whoever asks again', async () => {
    const { account, executions, fill } = createAccount();
    fill('mine', '6');
    fill('mine', '4');
    for (const time of ['first', 'second']) {
      assert.equal((await executions.ofOrder('mine', account.nowMs, '10')).length, 2, time);
      assert.equal(account.spent, 1, time);
    }
  });

  test('that are listed late are asked for less and less often, and found once they are', async () => {
    const { account, executions, fill } = createAccount();
    const placedAtMs = account.nowMs;
    fill('mine', '10', false);
    // Every 200 ms for a minute: at 0 s, then 0.5, 1, 2, 4 s later, and every 6 s from then on.
    for (let asked = 0; asked < 300; asked += 1) {
      assert.deepEqual(await executions.ofOrder('mine', placedAtMs, '10'), []);
      account.nowMs += 200;
    }
    assert.ok(account.spent >= 12 && account.spent <= 14, String(account.spent));
    for (const each of account.fills) each.isListed = true;
    account.nowMs += 6_000;
    assert.equal((await executions.ofOrder('mine', placedAtMs, '10')).length, 1);
  });

  test('that only the trading service has yet are looked for, and given up after some reads', async () => {
    const { account, executions, fill } = createAccount();
    await executions.since(openedAtMs);
    fill('a hand', '10', false);
    const before = account.asked;
    for (let pass = 0; pass < 60; pass += 1) {
      const found = await executions.since(openedAtMs).catch((error: unknown) => error);
      // Nobody may take what is known to lack a fill for all there is.
      if (account.asked - before < 10) assert.ok(found instanceof VenueError && found.kind === 'unavailable');
      else assert.deepEqual(found, []);
      account.nowMs += 10_000;
    }
    // Ten tries, and the one that comes every ten minutes.
    assert.ok(account.asked - before >= 10 && account.asked - before <= 11, String(account.asked - before));
    for (const each of account.fills) each.isListed = true;
    account.nowMs += 10 * minuteMs;
    assert.equal((await executions.since(openedAtMs)).length, 1);
  });

  test('are not given up because the history cannot be read', async () => {
    const { account, executions, fill } = createAccount();
    await executions.since(openedAtMs);
    fill('a hand');
    account.isDown = true;
    for (let pass = 0; pass < 30; pass += 1) {
      await assert.rejects(executions.since(openedAtMs), `pass ${pass}`);
      account.nowMs += minuteMs;
    }
    account.isDown = false;
    assert.equal((await executions.since(openedAtMs)).length, 1);
  });

  test('are read by who waited for a read of another that failed', async () => {
    const { account, executions, fill } = createAccount();
    await executions.since(openedAtMs);
    fill('mine');
    account.isDown = true;
    const first = executions.ofOrder('mine', account.nowMs, '10');
    const second = executions.ofOrder('other', account.nowMs, '10');
    account.isDown = false;
    await assert.rejects(first);
    await second;
    assert.equal((await executions.since(account.nowMs)).length, 1);
    assert.equal(account.asked, 3);
  });

  test('that are listed long after newer ones are found', async () => {
    const { account, executions, fill } = createAccount();
    await executions.since(openedAtMs);
    fill('liquidation', '10', false);
    account.nowMs += 5 * minuteMs;
    fill('newer');
    const laterMs = account.nowMs;
    await assert.rejects(executions.since(openedAtMs), { kind: 'unavailable' });
    assert.equal((await executions.since(laterMs)).length, 1, 'it does not matter to who asks for later ones');
    for (const each of account.fills) each.isListed = true;
    account.nowMs += minuteMs;
    assert.equal((await executions.since(openedAtMs)).length, 2);
  });

  test('that are missing are asked for urgently', async () => {
    const { account, executions, fill } = createAccount();
    await executions.since(openedAtMs);
    fill('liquidation');
    const context = newCallContext(new AbortController().signal);
    assert.equal((await runInCall(context, () => executions.since(openedAtMs))).length, 1);
    assert.deepEqual(account.urgencies, [0, 1]);
  });

  test('from before what is kept are read, then kept too', async () => {
    const { account, executions, fill } = createAccount();
    fill('old');
    account.nowMs += 5 * hourMs;
    fill('new');
    assert.equal((await executions.since(account.nowMs - hourMs)).length, 1);
    assert.equal((await executions.since(openedAtMs)).length, 2);
    assert.equal((await executions.since(openedAtMs)).length, 2);
    assert.equal(account.spent, 2);
  });
});

describe('the executions of a process that lives for months', () => {
  const dayMs = 24 * hourMs;

  test('are kept from the earliest time that was asked for within a day, and read again before', async () => {
    const { account, executions, fill } = createAccount();
    const startedAtMs = account.nowMs;
    for (let hour = 0; hour < 90 * 24; hour += 1) {
      fill(`order ${hour}`, '6');
      fill(`order ${hour}`, '4');
      assert.equal((await executions.since(account.nowMs - 2 * dayMs)).length, 2 * Math.min(hour + 1, 49));
      account.nowMs += hourMs;
    }
    assert.ok(executions.size() <= 2 * (49 + 25), String(executions.size()));
    assert.equal((await executions.ofOrder('order 5', startedAtMs + 5 * hourMs, '10')).length, 2, 'of one order');
    assert.equal((await executions.since(startedAtMs)).length, 4_320, 'all of it, for who asks');
  });

  test('that are more than one call may read are read by several, whoever asks for less between them', async () => {
    const { account, executions, fill } = createAccount();
    const startedAtMs = account.nowMs;
    for (let order = 0; order < 30_500; order += 1) {
      fill(`order ${order}`);
      account.nowMs += 1_000;
    }
    await assert.rejects(executions.since(startedAtMs), { kind: 'unavailable', message: /20 pages/ });
    assert.equal(account.asked, 20);
    assert.equal((await executions.since(account.nowMs - 100_000)).length, 100);
    assert.equal((await executions.since(startedAtMs)).length, 30_500);
  });

  test('of which one page is given for ever are refused', async () => {
    const execution = {
      id: 'one',
      order: 'mine',
      amount: '1',
      timestamp: openedAtMs,
      marketId: 'PF_USDCUSD',
      info: {},
    };
    const stuck = createExecutionBook({
      page: () => Promise.resolve({ executions: [execution], next: 'the same' }),
      recent: () => Promise.resolve([]),
      nowMs: () => 0,
    });
    await assert.rejects(stuck.since(openedAtMs), { kind: 'malformed_reply', message: /stands still/ });
  });
});

describe('the log', () => {
  test('leaves out the sizes of positions, and reads on from what it has', async () => {
    const { account, logBook, book } = createAccount();
    for (let row = 0; row < 30; row += 1) book('futures trade', row % 2 === 0 ? {} : { asset: 'pf_usdcusd' });
    assert.equal((await logBook.since(openedAtMs)).length, 15);
    assert.equal(account.spent, 3, 'a thousand rows');
    book('funding rate change');
    assert.equal((await logBook.since(openedAtMs)).length, 16);
    assert.equal(account.spent, 4, 'twenty-five rows');
  });

  test('that comes later than the balance is read once more', async () => {
    const { account, logBook, book } = createAccount();
    assert.equal((await logBook.since(openedAtMs)).length, 0);
    account.nowMs += 2 * minuteMs;
    await logBook.since(openedAtMs);
    account.balance += 5;
    assert.equal((await logBook.since(openedAtMs)).length, 0);
    book('funding rate change');
    account.balance -= 1;
    account.nowMs += minuteMs;
    assert.equal((await logBook.since(openedAtMs)).length, 1);
  });

  test('of a balance that never stands still is read three times a minute', async () => {
    const { account, logBook, book } = createAccount();
    await logBook.since(openedAtMs);
    for (let asked = 0; asked < 20 * 60; asked += 1) {
      book('futures trade');
      await logBook.since(openedAtMs);
      account.nowMs += 1_000;
    }
    assert.ok(account.asked >= 60 && account.asked <= 80, String(account.asked));
  });
});

describe('the log of a process that lives for months', () => {
  const dayMs = 24 * hourMs;

  test('is kept from the earliest time that was asked for within a day, and read again before', async () => {
    const { account, logBook, openLog, book } = createAccount();
    const startedAtMs = account.nowMs;
    for (let hour = 0; hour < 90 * 24; hour += 1) {
      book('funding rate change');
      // The watch of the account; and for the first month the close of a position that was opened at its beginning.
      assert.equal((await logBook.since(account.nowMs - 8 * hourMs)).length, Math.min(hour + 1, 9));
      if (hour < 30 * 24) assert.equal((await logBook.since(startedAtMs)).length, hour + 1);
      account.nowMs += hourMs;
    }
    // Nine hours of the last day's asks, that began a day and an hour before at the earliest.
    assert.ok(logBook.size() <= 9 + 25, String(logBook.size()));
    assert.equal((await logBook.since(startedAtMs)).length, 2_160, 'all of it, for who asks');
    assert.deepEqual(await openLog().since(startedAtMs), await logBook.since(startedAtMs), 'and after a restart');
  });

  test('is not kept from a liquidation on that is looked for again and again: its days are read once', async () => {
    const { account, logBook, book } = createAccount();
    const struckAtMs = account.nowMs;
    book('futures liquidation', { liquidation_fee: '5' });
    for (let hour = 0; hour < 30 * 24; hour += 1) {
      account.nowMs += hourMs;
      book('funding rate change');
      await logBook.since(account.nowMs - 8 * hourMs);
      const rows = await logBook.since(struckAtMs - minuteMs, struckAtMs + dayMs);
      assert.equal(rows.filter(({ row }) => row['info'] === 'futures liquidation').length, 1, `hour ${hour}`);
      assert.equal(rows.length, Math.min(hour + 2, 25));
    }
    assert.ok(logBook.size() <= 25 + 9 + 25, String(logBook.size()));
    // News of 720 hours, a page of a thousand rows at the start (3) and one for the days of the liquidation (3).
    assert.ok(account.spent >= 720 && account.spent <= 730, String(account.spent));
  });

  test('that is longer than one call may read is read by several, whoever asks for less between them', async () => {
    const { account, logBook, book } = createAccount();
    const startedAtMs = account.nowMs;
    for (let row = 0; row < 30_500; row += 1) book('futures trade');
    account.nowMs += dayMs;
    await assert.rejects(logBook.since(startedAtMs), { kind: 'unavailable', message: /20 pages/ });
    assert.equal(account.asked, 20);
    assert.deepEqual(await logBook.since(account.nowMs - 8 * hourMs), []);
    assert.equal((await logBook.since(startedAtMs)).length, 30_500);
    assert.equal(account.asked, 31);
  });

  test('that gives one page for ever is refused', async () => {
    const rows = Array.from({ length: 1_000 }, (_, id) => ({ id, atMs: openedAtMs + id, row: { asset: 'usd' } }));
    let asked = 0;
    const page = (): Promise<readonly LogRow[]> => {
      asked += 1;
      return Promise.resolve(rows);
    };
    const stuck = createLogBook({ page, wallet: () => Promise.resolve('USD 1'), nowMs: () => 0 });
    await assert.rejects(stuck.since(openedAtMs), { kind: 'malformed_reply', message: /stands still/ });
    assert.equal(asked, 2);
  });
});

test('of the pool more than half is left for orders on their way, whatever else is read', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { pace } = krakenfutures.pool ?? assert.fail('no pool');
  const pacer = createPacer(pace, () => 0);
  let gone = 0;
  for (let asked = 0; asked < 200; asked += 1) void pacer(1).then(() => (gone += 1));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(gone, 40);
  for (let fill = 0; fill < 60; fill += 1) await pacer(1, { urgency: 2 });
});

test('a venue that says when its limit ends is believed', () => {
  const reply = (value: string) => ({ status: 429, headers: { 'rate-limit-reset': value }, body: {} });
  assert.equal(krakenfutures.rateLimitResetMs(reply('6'), 0), 6_000);
  assert.equal(krakenfutures.rateLimitResetMs(reply('1800000006'), 1_800_000_000_000), 6_000);
  assert.equal(krakenfutures.rateLimitResetMs(reply('soon'), 0), null);
});

test('the time is asked of a contract that is traded, and of the list of all where that one does not tell', async (t) => {
  const transport = createHttpTransport(null, clock);
  t.after(() => transport.close());
  const exchange = createExchange({
    credentials: null,
    endpoint: null,
    transport,
    clock,
    use: 'reads',
    dialect: krakenfutures,
  });
  const asked: unknown[] = [];
  const serverTime = '2026-09-17T12:00:00.000Z';
  const contract = { swap: true, linear: true, active: true };
  let isKnown = true;
  Object.assign(exchange, {
    markets: {
      'NEW/USD:USD': { ...contract, symbol: 'NEW/USD:USD', id: 'PF_NEWUSD' },
      'USDC/USD:USD': { ...contract, symbol: 'USDC/USD:USD', id: 'PF_USDCUSD' },
    },
    market: () => ({ id: 'PF_USDCUSD' }),
    historyGetExecutions: () => Promise.resolve({ elements: [] }),
    privateGetFills: () => Promise.resolve({ fills: [] }),
    publicGetInstrumentsSymbolStatus: ({ symbol }: { readonly symbol: string }) => {
      asked.push(symbol);
      return isKnown ? Promise.resolve({ serverTime }) : Promise.reject(new BadSymbol('contractNotFound'));
    },
    publicGetInstruments: () => {
      asked.push('all');
      return Promise.resolve({ serverTime });
    },
  });
  assert.equal(await exchange.fetchTime(), Date.parse(serverTime));
  await exchange.fetchMyTrades('USDC/USD:USD', 0, 1_000, {});
  assert.equal(await exchange.fetchTime(), Date.parse(serverTime));
  isKnown = false;
  assert.equal(await exchange.fetchTime(), Date.parse(serverTime));
  assert.deepEqual(asked, ['PF_NEWUSD', 'PF_USDCUSD', 'PF_USDCUSD', 'all']);
});

test('a fill names its order by our id, so that an order is known by its fills alone', async (t) => {
  const transport = createHttpTransport(null, clock);
  t.after(() => transport.close());
  const settings = { credentials: null, endpoint: null, transport, clock } as const;
  const exchange = createExchange({ ...settings, use: 'reads', dialect: krakenfutures });
  const order = { uid: 'order 1', tradeable: 'PF_USDCUSD', direction: 'Sell', clientId: 'bk-1' };
  const told = {
    price: '1',
    quantity: '10',
    executionType: 'taker',
    orderData: { fee: '0.005' },
    timestamp: openedAtMs,
  };
  const element = (uid: string, of: object) => ({ event: { execution: { execution: { ...told, uid, order: of } } } });
  const elements = [element('a', order), element('b', { ...order, uid: 'order 2', clientId: '' })];
  Object.assign(exchange, {
    market: () => ({ id: 'PF_USDCUSD' }),
    historyGetExecutions: () => Promise.resolve({ elements }),
    privateGetFills: () => Promise.resolve({ fills: [] }),
  });
  const trades = await exchange.fetchMyTrades('USDC/USD:USD', 0, 1_000, {});
  assert.deepEqual(
    trades.map((trade) => [trade.order, trade.clientOrderId]),
    [
      ['order 1', 'bk-1'],
      ['order 2', undefined],
    ],
  );
});

test('funding is what each hour and each trade of the contract realised; a liquidation fee is a charge wherever it is', async (t) => {
  const transport = createHttpTransport(null, clock);
  t.after(() => transport.close());
  const settings = {
    credentials: null,
    endpoint: null,
    transport,
    clock,
    use: 'reads',
    dialect: krakenfutures,
  } as const;
  const exchange = createExchange(settings);
  const atMs = Date.parse('2026-09-17T12:00:00.000Z');
  const row = { asset: 'usd', contract: 'pf_usdcusd', date: '2026-09-17T12:00:00.000Z', execution: null };
  const trade = { ...row, info: 'futures trade', execution: 'a59b8e24' };
  const logs = [
    { ...row, id: 1, info: 'funding rate change', realized_funding: '-0.0002', liquidation_fee: null },
    { ...row, id: 2, info: 'funding rate change', realized_funding: '0', liquidation_fee: null },
    { ...trade, id: 3, realized_funding: '0.0007', liquidation_fee: null },
    { ...trade, id: 4, asset: 'pf_usdcusd', realized_funding: '0.0007', liquidation_fee: null },
    { ...trade, id: 5, realized_funding: '0', liquidation_fee: '0' },
    { ...trade, id: 6, info: 'futures liquidation', realized_funding: '0.0001', liquidation_fee: '5' },
    { ...trade, id: 7, contract: 'pf_usdtusd', realized_funding: '0.0009', liquidation_fee: null },
    {
      ...row,
      id: 9,
      info: 'futures liquidation',
      old_balance: '1000',
      new_balance: '992.9997',
      realized_funding: '-0.0003',
    },
    { ...row, id: 8, contract: null, info: 'cross-exchange transfer', realized_funding: null },
  ];
  Object.assign(exchange, {
    market: () => ({ id: 'PF_USDCUSD' }),
    historyGetAccountLog: () => Promise.resolve({ logs }),
    privateGetAccounts: () => Promise.resolve({ accounts: { flex: { currencies: { USD: { quantity: '1000' } } } } }),
  });
  const payments = await exchange.fetchFundingHistory('USDC/USD:USD', 0, 1_000);
  assert.deepEqual(
    payments.map(({ id, amount, timestamp }) => [id, amount, (timestamp ?? 0) - atMs]),
    // What a trade realised is dated before it, whose position it belongs to.
    [
      ['1', '-0.0002', 0],
      ['2', '0', 0],
      ['3', '0.0007', -1_000],
      ['6', '0.0001', -1_000],
      ['9', '-0.0003', -1_000],
    ],
  );
  const charges = await krakenfutures.liquidationRecords?.fetchPage(exchange, 0, 1_000, {});
  assert.deepEqual(
    charges?.map(({ id, amount, isOfTrade }) => [id, amount, isOfTrade]),
    // 992.9997 − 1000 = −7.0003, of which −0.0003 is the funding.
    [
      ['6', '-5', false],
      ['9', '-7', false],
    ],
  );
});
