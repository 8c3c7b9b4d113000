/**
 * Secrets planted in the environment turn up nowhere but where they belong: the address of a request, and the key of a
 * signature. Not in a message, not in the ledger, not in the log, whatever the alerts say and whatever a service answers.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../../src/stack/processes/wait-until.ts';
import { withLedger } from '../ledger/support/with-ledger.ts';
import { botToken, hookPath, signingSecret, startDelivery, surroundingsOf } from './support/alerting.ts';
import { startReceiver, taken, type Receiver } from './support/receiver.ts';

/** What an error of somebody's might quote: every secret, as it is and as an address spells it. */
const quoted = `POST /bot${botToken}/sendMessage ${encodeURIComponent(botToken)} ${hookPath} ${signingSecret} /alerts?key=PLANTEDquery0123456789`;

/** Where a reason is cut, the first secret of the answer has begun. */
const padding = 'Bad Request '.padEnd(175, '.');

test('no secret leaves the process in a message, a log line, or a row', () =>
  withLedger(async ({ ledger, databaseUrl, query }) => {
    const [phone, team, service] = await Promise.all([startReceiver(), startReceiver(), startReceiver()]);
    const lines: string[] = [];
    // Telegram and the others answer with what they were asked, as some do in an error.
    const echo = { status: 400, body: JSON.stringify({ ok: false, description: `${padding} ${quoted}` }) };
    for (const one of [phone, team, service])
      one.answer((request, index) => (index === 0 ? echo : taken(request, index)));
    const running = startDelivery(surroundingsOf(databaseUrl, { phone, team, service }, lines));
    try {
      const alert = { key: 'refused/bybit', severity: 'critical', positionKey: null } as const;
      await ledger.raiseAlert({ ...alert, message: `bybit said: ${quoted}` }, Date.now());
      await waitUntil(
        async () => {
          const left = await query('select 1 from alert_deliveries where sent_at_wall_ms is null');
          return left.length === 0 && [phone, team, service].every(({ received }) => received.length > 1);
        },
        40_000,
        () => 'not all were told',
      );
    } finally {
      await running.stop();
      await Promise.all([phone, team, service].map((one) => one.close()));
    }
    const bodies = [phone, team, service].flatMap(({ received }) => received.map(({ body }) => body));
    const told = bodies.filter((body) => body.includes('bybit said: '));
    assert.ok(told.length >= 6, 'each target was told twice, since it refused the first');
    for (const body of told) assert.match(body, /bybit said: POST \/bot\[secret\]\/sendMessage \[secret\]/);
    const states = JSON.stringify(await query('select * from alert_targets'));
    // The alert itself is what its author wrote; everything that the delivery adds is clean.
    const written = [...bodies, states, JSON.stringify(await query('select * from alert_deliveries'))];
    const delivered = lines.filter((line) => !line.includes('"alert":"refused/bybit"'));
    assert.ok(delivered.some((line) => line.includes('could not be delivered')));
    for (const text of [...written, ...delivered]) assert.ok(!text.includes('PLANTED'), text);
    assert.ok(headersOf(service).every((text) => !text.includes('PLANTED')));
  }));

function headersOf({ received }: Receiver): string[] {
  return received.map(({ headers }) => JSON.stringify(headers));
}
