/**
 * Each session in a room has its own id. The id is the hash of a secret that only this page knows,
 * so the secret (the resume token) proves that a later session is of the same participant. After a reload
 * the new session shows it and takes the place of the earlier one at once; no other participant can.
 */

/** Identifies a session in a room: the public id, and the secret behind it. */
export interface Identity {
  /** 16 URL-safe characters: 96 bits. */
  readonly id: string;
  /** The resume token of the next session. */
  readonly secret: string;
}

/** Creates the identity of a new session. */
export async function createIdentity(): Promise<Identity> {
  const secret = randomText(24);
  return { secret, id: (await idOf(secret)) ?? secret.slice(0, 16) };
}

/** Returns whether `id` was made from `secret`. An adapter may have put a user's id in front (`user.id`). */
export async function verifyResumeToken(secret: string, id: string): Promise<boolean> {
  return id.slice(id.lastIndexOf(".") + 1) === (await idOf(secret));
}

/**
 * Returns a room name that cannot be guessed: `c_` and 128 random bits. Anyone who knows it can join,
 * so share it like a key. The fragment of a URL is a good place for it, because it is not sent to servers.
 *
 * @example
 * location.hash ||= createRoomId();
 */
export function createRoomId(): string {
  return `c_${randomText(16)}`;
}

/** Returns that many random bytes as URL-safe text; works on insecure pages too. */
export function randomText(bytes: number): string {
  return base64url(crypto.getRandomValues(new Uint8Array(bytes)));
}

/** Keeps the resume token of each room for the next page of this tab. */
export const resumeTokens = {
  /** Stores the token for the page after this one. */
  leave(room: string, secret: string): void {
    try {
      sessionStorage.setItem(keyOf(room), secret);
    } catch {
      // No storage (blocked, or not a page): other participants see the earlier session end as usual.
    }
  },
  /** Returns the token and removes it, so that a duplicated tab, which copies the storage, has none. */
  take(room: string): string | undefined {
    try {
      const secret = sessionStorage.getItem(keyOf(room)) ?? undefined;
      sessionStorage.removeItem(keyOf(room));
      return secret;
    } catch {
      return undefined;
    }
  },
};

const keyOf = (room: string) => `twocan:${room}`;

/** Returns undefined outside secure contexts, which have no hash function and so no proof. */
async function idOf(secret: string): Promise<string | undefined> {
  const { subtle } = crypto as { subtle?: SubtleCrypto };
  if (!subtle) return undefined;
  const hash = await subtle.digest("SHA-256", new TextEncoder().encode(secret));
  return base64url(new Uint8Array(hash)).slice(0, 16);
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}
