/** docs/simulated-exchanges.md names what there is: each venue, each of its endpoints, each fault. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { faultKinds } from '../../src/sim/faults/fault-rule.ts';
import { venueNames } from '../../src/sim/protocols/registry.ts';

const root = new URL('../../', import.meta.url);
const document = readFileSync(new URL('docs/simulated-exchanges.md', root), 'utf8');

/** From a heading to the next of its kind. */
function section(heading: string): string {
  const [, text = ''] = document.split(`\n${heading}`);
  return text.split(`\n${heading.split(' ', 1)[0]} `)[0] ?? '';
}

/** What follows the last slash of the paths that a venue's files serve: `GET /api/v3/order`, `'GET trade/order'`. */
function endpoints(venue: string): string[] {
  const folder = new URL(`src/sim/protocols/${venue}/`, root);
  const source = readdirSync(folder)
    .filter((file) => file !== 'rate-limits.ts')
    .map((file) => readFileSync(new URL(file, folder), 'utf8'))
    .join('\n');
  const paths = [...source.matchAll(/['`](?:GET|POST|PUT|DELETE) ([^'`\s]+)['`]/g)].map(([, path = '']) => path);
  // Kraken's tables have names alone.
  const bare = venue === 'kraken' ? [...source.matchAll(/^ {4}([A-Z][A-Za-z]+): [({a-z]/gm)] : [];
  paths.push(...bare.map(([, name = '']) => name));
  const names = paths.map((path) => path.split('/').findLast((part) => part !== '' && !/[{}$]/.test(part)) ?? '');
  return [...new Set(names)].filter((name) => name !== '');
}

describe('docs/simulated-exchanges.md', () => {
  for (const venue of venueNames) {
    it(`has a section of ${venue} with its endpoints`, () => {
      const text = section(`### ${venue} (`);
      const missing = endpoints(venue).filter((name) => !text.includes(name));
      assert.ok(text !== '', 'no section');
      assert.deepEqual(missing, []);
    });
  }

  it('has a row of each fault', () => {
    const missing = faultKinds.filter((kind) => !section('### Faults').includes(`| \`${kind}\``));
    assert.deepEqual(missing, []);
  });
});
