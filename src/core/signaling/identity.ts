/**
 * Owns who a peer is: an id for each stay in a room, and the proof that a later stay is the same
 * person's (a reload), so that it takes the place of the former one at once.
 *
 * An id is the hash of a secret that only this page knows. Whoever shows the secret speaks for the
 * id, and nobody else can take its place.
 */

/** A stay in a room: the id that everybody sees, and the secret behind it. */
export interface Identity {
  /** 16 URL-safe characters: 96 bits. */
  readonly id: string;
  readonly secret: string;
}

/** Makes a new one. */
export async function createIdentity(): Promise<Identity> {
  const secret = randomText(24);
  return { secret, id: (await idOf(secret)) ?? secret.slice(0, 16) };
}

/** Whether `secret` is the one behind `id`. An adapter may have put the user's id before it (`user.id`). */
export async function verifyResumeToken(secret: string, id: string): Promise<boolean> {
  return id.slice(id.lastIndexOf(".") + 1) === (await idOf(secret));
}

/**
 * Makes the name of a room that nobody can guess: `c_` and 128 random bits. Whoever knows it may
 * come in, so share it as you would share a key; a URL's fragment is a good place.
 *
 * @example
 * location.hash ||= createRoomId();
 */
export function createRoomId(): string {
  return `c_${randomText(16)}`;
}

/** As many random bytes, URL-safe; on insecure pages too. */
export function randomText(bytes: number): string {
  return base64url(crypto.getRandomValues(new Uint8Array(bytes)));
}

/** Leaves the secret for the page that comes after this one in this tab, or takes what was left. */
export const resumeTokens = {
  leave(room: string, secret: string): void {
    try {
      sessionStorage.setItem(keyOf(room), secret);
    } catch {
      // No storage (blocked, or not a page): the former stay ends by its goodbye alone.
    }
  },
  /** Taken away at once, so that a duplicated tab, which copies the storage, finds nothing. */
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

/** Undefined outside secure contexts, where there is no hash and so no proof. */
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
