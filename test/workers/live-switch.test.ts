/** Real money is switched on by one word. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLiveSwitched } from '../../workers/live-switch.ts';
import { runEntry } from '../cli/support/run-command.ts';

test('BASIS_LIVE: yes is live, nothing and an empty text are not', () => {
  assert.equal(isLiveSwitched({ BASIS_LIVE: 'yes' }), true);
  assert.equal(isLiveSwitched({}), false);
  assert.equal(isLiveSwitched({ BASIS_LIVE: '' }), false);
});

test('any other word is refused by name: whoever writes no, false or true is asked', () => {
  for (const word of ['no', 'false', 'true', '1', 'YES', 'yes '])
    assert.throws(() => isLiveSwitched({ BASIS_LIVE: word }), /BASIS_LIVE=".*" is not allowed: write yes/, word);
});

test('a worker ends at such a word before it reaches anything', async () => {
  const args = ['--role', 'venue', '--account', 'bybit', '--config', 'config/example.yaml'];
  const { code, stdout } = await runEntry('workers/main.ts', args, { BASIS_LIVE: 'false' });
  assert.equal(code, 1);
  assert.match(stdout, /BASIS_LIVE=\\"false\\" is not allowed/);
});
