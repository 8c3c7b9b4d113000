/** One activity with the priority that the service gives to orders of its kind. */
import { proxyActivities } from '@temporalio/workflow';
import { closePriority, openPriority } from '../../workflows/messages.ts';

export async function oneOrder(taskQueue: string, kind: 'open' | 'close'): Promise<void> {
  const { take } = proxyActivities<{ take(name: string): Promise<void> }>({
    taskQueue,
    startToCloseTimeout: '10s',
    priority: kind === 'close' ? closePriority : openPriority,
  });
  await take(kind);
}
