/** The delivery of alerts as a process of its own, to be killed: `node delivery-process.ts DATABASE_URL PHONE SERVICE`. */
import { startDelivery, surroundingsOf } from './alerting.ts';
import type { Receiver } from './receiver.ts';

const [databaseUrl = '', phone = '', service = ''] = process.argv.slice(2);

/** Only the address is used here. */
function at(url: string): Receiver {
  const absent = async (): Promise<never> => Promise.reject(new Error('the receiver is in another process'));
  return { url, received: [], answer: () => undefined, until: absent, close: absent };
}

startDelivery(surroundingsOf(databaseUrl, { phone: at(phone), service: at(service) }));
process.stdout.write('delivering\n');
