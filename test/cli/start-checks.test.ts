/** Before a start: one home holds one mode's books, and real money needs both switches. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { checkHomeMode, recordHomeMode } from '../../src/cli/start-checks.ts';
import { temporaryHome } from '../support/temporary-home.ts';

suite('a home', () => {
  test("that is new is anybody's, and then of the mode that was started", () => {
    const home = temporaryHome();
    checkHomeMode(home, 'paper', false);
    recordHomeMode(home, 'paper');
    checkHomeMode(home, 'paper', false);
    assert.throws(() => checkHomeMode(home, 'demo', false), {
      name: 'BadInput',
      message: /holds a run of mode paper: give mode demo a home of its own with --home, or .* --fresh/,
    });
    checkHomeMode(home, 'demo', true);
  });

  test('with positions at real exchanges is never put away for another mode', () => {
    for (const mode of ['live', 'sandbox'] as const) {
      const home = temporaryHome();
      recordHomeMode(home, mode);
      assert.throws(() => checkHomeMode(home, 'demo', true), /holds a run of mode (live|sandbox): .* --home$/);
    }
  });

  test("of an older version that replays a tape is the demo's", () => {
    const home = temporaryHome();
    const anchor = { wallMs: 1, marketMs: 1, scale: 3600, tapeEndMs: 2 };
    writeFileSync(join(home, 'anchor.json'), JSON.stringify(anchor));
    checkHomeMode(home, 'demo', false);
    assert.throws(() => checkHomeMode(home, 'live', false), /holds a run of mode demo/);
  });
});
