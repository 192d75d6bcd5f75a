// Tokens as identity providers make them: HS256 with a shared secret, and Firebase's RS256 with a key set.
import { createHmac, createSign, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const JWT_SECRET = 'a-secret-of-the-tests-with-more-than-32-bytes';
const PROJECT = 'switchboard-tests';
const KEY_ID = 'tests-1';

type Claims = Record<string, unknown>;

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const now = () => Math.floor(Date.now() / 1000);

/** A token of ours, valid for an hour. Claims that are `undefined` are left out. */
export function jwt(subject: string, workspace: string, claims: Claims = {}, secret = JWT_SECRET): string {
  const head = encode({ alg: 'HS256', typ: 'JWT' });
  const body = encode({ sub: subject, workspace, iat: now(), exp: now() + 3600, ...claims });
  return `${head}.${body}.${createHmac('sha256', secret).update(`${head}.${body}`).digest('base64url')}`;
}

/** A Firebase project of its own: the server reads its public key from a file. */
export class Firebase {
  private readonly folder = mkdtempSync(join(tmpdir(), 'switchboard-keys-'));
  private readonly key: KeyObject;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.key = privateKey;
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid: KEY_ID, alg: 'RS256', use: 'sig' };
    writeFileSync(join(this.folder, 'jwks.json'), JSON.stringify({ keys: [jwk] }));
  }

  /** What the server has to know. */
  get settings(): Record<string, string> {
    return { SWITCHBOARD_FIREBASE_PROJECT: PROJECT, SWITCHBOARD_FIREBASE_JWKS: join(this.folder, 'jwks.json') };
  }

  /** An ID token, as `getIdToken()` of Firebase's own library gives it. */
  token(user: string, claims: Claims = {}): string {
    const head = encode({ alg: 'RS256', kid: KEY_ID, typ: 'JWT' });
    const body = encode({
      iss: `https://securetoken.google.com/${PROJECT}`, aud: PROJECT, sub: user, user_id: user,
      auth_time: now() - 60, iat: now(), exp: now() + 3600, ...claims,
    });
    return `${head}.${body}.${createSign('RSA-SHA256').update(`${head}.${body}`).sign(this.key).toString('base64url')}`;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
