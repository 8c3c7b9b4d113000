/** What the key that signed a request may do. */
import type { KrakenCall, Route } from './call.ts';
import { accountName } from './call.ts';
import { accountId } from './ids.ts';

/** Keys have no history in the simulator. */
const createdAt = '2024-01-01T00:00:00Z';

/** Needs no permission: also a key without any may ask. */
export function apiKeyRoutes(): Route[] {
  return [
    {
      name: 'GET /api/auth/v1/api-keys/v3/check',
      needs: 'any',
      isBare: true,
      handle: (call) => ({
        apiKey: call.credentials?.apiKey ?? '',
        accountUid: accountId(accountName(call)),
        iiban: null,
        createdAt,
        permissions: { general: generalAccess(call), transfer: transferAccess(call) },
        allowedCidrBlock: null,
        allowedCidrBlocks: [],
      }),
    },
  ];
}

function generalAccess({ credentials }: KrakenCall): string {
  if (credentials?.permissions.has('trade') === true) return 'FULL_ACCESS';
  return credentials?.permissions.has('read') === true ? 'READ_ONLY' : 'NO_ACCESS';
}

function transferAccess({ credentials }: KrakenCall): string {
  return credentials?.permissions.has('withdraw') === true ? 'FULL_ACCESS' : 'NO_ACCESS';
}
