import { condition, patched } from '@temporalio/workflow';
import type { Watch } from '../src/domain/watch.ts';
import { ledgerActivities } from './activity-proxies.ts';

/**
 * Arms the watch of a position again, one after the other, each with what holds when its turn comes: of two at once, the
 * older exits could be written last.
 */
export class Arming {
  #isArming = false;

  async arm(summary: string, shard: string, watch: () => Watch): Promise<void> {
    while (this.#isArming && patched('one-arming-at-a-time')) await condition(() => !this.#isArming);
    this.#isArming = true;
    try {
      await ledgerActivities('close', summary).armPosition({ watch: watch(), shard, nowWallMs: Date.now() });
    } finally {
      this.#isArming = false;
    }
  }
}
