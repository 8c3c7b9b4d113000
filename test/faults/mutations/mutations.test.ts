/** Each deliberate break still fits the source that it breaks. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { mutations } from './mutations.ts';

test('what each break replaces stands exactly once in its file', () => {
  assert.ok(mutations.length >= 12);
  const misfits = mutations.flatMap(({ name, edits }) =>
    edits
      .map(({ file, find }) => ({ name, file, times: readFileSync(file, 'utf8').split(find).length - 1 }))
      .filter(({ times }) => times !== 1),
  );
  assert.deepEqual(misfits, []);
});
