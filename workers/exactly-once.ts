/** Whether an account is traded whose exchange may execute one order twice. */
import type { Config } from '../src/config/schema.ts';
import { isExactlyOnce, type VenueCapabilities } from '../src/ports/venue.ts';

export type ExactlyOnceVerdict =
  | { readonly kind: 'exactly_once' }
  /** Not exactly once, and the configuration says that this is accepted. */
  | { readonly kind: 'accepted'; readonly risk: string }
  | { readonly kind: 'refused'; readonly reason: string };

export function exactlyOnceVerdict(
  account: string,
  { venue, accepted }: Pick<Config['accounts'][string], 'venue' | 'accepted'>,
  capabilities: VenueCapabilities,
): ExactlyOnceVerdict {
  if (isExactlyOnce(capabilities)) return { kind: 'exactly_once' };
  const risk = `${venue} can neither expire a request nor keep ids unique: an order could be executed twice`;
  if (accepted.includes('not-exactly-once'))
    return { kind: 'accepted', risk: `${risk}; accepted by the configuration` };
  const how = `unless accounts.${account}.accepted names not-exactly-once in the configuration`;
  return { kind: 'refused', reason: `${risk}, so it is not traded, ${how}` };
}
