/**
 * The signature that Hyperliquid expects of an action, put together from its documents rather than by ccxt's signing:
 * only msgpack, keccak, EIP-712 and ECDSA are borrowed from ccxt.
 */
import { hyperliquid } from 'ccxt';

export interface SignedParts {
  readonly action: unknown;
  readonly nonce: number;
  readonly vaultAddress?: string | undefined;
  readonly expiresAfter?: number | undefined;
}

export interface Signature {
  readonly r: string;
  readonly s: string;
  readonly v: number;
}

const tools = new hyperliquid();
const agentType = {
  Agent: [
    { name: 'source', type: 'string' },
    { name: 'connectionId', type: 'bytes32' },
  ],
};
const domain = {
  chainId: 1337,
  name: 'Exchange',
  verifyingContract: '0x0000000000000000000000000000000000000000',
  version: '1',
};

/** msgpack of the action, nonce, and a flag before each of vault and expiry; keccak of it all. */
export function actionHash({ action, nonce, vaultAddress, expiresAfter }: SignedParts): string {
  const bytes = Buffer.concat([
    Buffer.from(tools.packb(action)),
    eightBytes(nonce),
    vaultAddress === undefined
      ? Buffer.from([0])
      : Buffer.concat([Buffer.from([1]), Buffer.from(vaultAddress.replace(/^0x/, ''), 'hex')]),
    ...(expiresAfter === undefined ? [] : [Buffer.from([0]), eightBytes(expiresAfter)]),
  ]);
  return tools.hashMessage(bytes);
}

export function expectedSignature(parts: SignedParts, privateKey: string, source: 'a' | 'b' = 'a'): Signature {
  const connectionId = Buffer.from(actionHash(parts).slice(2), 'hex');
  const message = tools.ethEncodeStructuredData(domain, agentType, { source, connectionId });
  const { r, s, v } = tools.signMessage(message, privateKey);
  return { r: String(r), s: String(s), v: Number(v) };
}

function eightBytes(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}
