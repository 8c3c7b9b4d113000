/** A position on the simulated exchanges, from its opening to its end, as the people hear of it who are told. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decimal } from '../../src/domain/decimal.ts';
import { signedFigure } from '../../src/domain/figures.ts';
import { startTradingService, type TradingService } from '../support/trading-service.ts';
import { startDelivery, surroundingsOf, type Running } from './support/alerting.ts';
import { headings, sentTo, startReceiver, type Receiver } from './support/receiver.ts';

let service: TradingService;
let phone: Receiver;
let pager: Receiver;
let running: Running;
before(async () => {
  [service, phone, pager] = await Promise.all([startTradingService(), startReceiver(), startReceiver()]);
  running = startDelivery(surroundingsOf(service.env['DATABASE_URL'] ?? '', { phone, service: pager }));
});
after(async () => {
  await running.stop();
  await Promise.all([phone.close(), pager.close()]);
  await service.stop();
});

test('its opening and its end are told once each, with what it came to, and to nobody who did not want to know', async () => {
  const handle = await service.openPosition('short_spot_long_perp');
  const { key } = await service.untilStatus(handle, 'hedged');
  await phone.until(1);
  await handle.signal('forceClose');
  await handle.result();
  await phone.until(2);
  assert.deepEqual(headings(phone), ['INFO opened', 'INFO closed']);
  const [opened = '', closed = ''] = phone.received.map(({ body }) => body);
  assert.match(opened, new RegExp(`${key}: opened, short spot, long perpetual at bybit and binance, [0-9.]+ USDC`));
  const row = await service.ledger.position(key);
  assert.ok(row?.attribution);
  const { realisedUsd, feesUsd } = row.attribution;
  // Four fees of half a basis point of some 10,000 USD each are about two dollars.
  assert.match(feesUsd, /^-[12]\.\d+$/);
  assert.ok(closed.includes(`${key}: closed, force_close, P&L ${signedFigure(decimal(realisedUsd), 2)} USD (`), closed);
  assert.ok(closed.includes(`fees ${signedFigure(decimal(feesUsd), 2)}`), closed);
  assert.deepEqual(sentTo(pager), [], 'it is told of warnings only');
});
