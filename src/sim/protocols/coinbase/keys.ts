/** New API keys: a name and the private half of an elliptic curve key pair (P-256), as Coinbase's key file has them. */
import { createECDH, createPrivateKey } from 'node:crypto';
import type { ApiKeys } from '../profile.ts';
import { namedUuid } from '../uuids.ts';

/** The same bytes make the same keys. */
export function makeKeys(random: (bytes: number) => Buffer): ApiKeys {
  const organisation = namedUuid(random(16).toString('hex'));
  const key = namedUuid(random(16).toString('hex'));
  return { apiKey: `organizations/${organisation}/apiKeys/${key}`, secret: privateKeyPem(random), password: null };
}

function privateKeyPem(random: (bytes: number) => Buffer): string {
  const pair = createECDH('prime256v1');
  for (;;) {
    const scalar = random(32);
    // Nearly every 32 bytes are a private key of the curve; the few that are not are drawn again.
    if (!isScalar(scalar)) continue;
    pair.setPrivateKey(scalar);
    const point = pair.getPublicKey();
    const jwk = {
      kty: 'EC',
      crv: 'P-256',
      d: scalar.toString('base64url'),
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33, 65).toString('base64url'),
    };
    return createPrivateKey({ key: jwk, format: 'jwk' }).export({ type: 'sec1', format: 'pem' }).toString();
  }
}

/** The number of points of P-256: private keys are from 1 to one less. */
const curveOrder = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

function isScalar(bytes: Buffer): boolean {
  const value = BigInt(`0x${bytes.toString('hex')}`);
  return value > 0n && value < curveOrder;
}
