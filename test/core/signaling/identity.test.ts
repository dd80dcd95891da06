/** Who a peer is: ids, the proof behind them, rooms nobody can guess, and what a page leaves for the next. */
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  createIdentity,
  createRoomId,
  resumeTokens,
  verifyResumeToken,
} from "../../../src/core/signaling/identity.ts";
import { parsePeerInfo } from "../../../src/core/signaling/protocol.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** The storage of a tab. */
function playStorage(): Map<string, string> {
  const entries = new Map<string, string>();
  vi.stubGlobal("sessionStorage", {
    getItem: (key: string) => entries.get(key) ?? null,
    setItem: (key: string, value: string) => void entries.set(key, value),
    removeItem: (key: string) => void entries.delete(key),
  });
  return entries;
}

/** How many different characters stand at each place, over many of them. */
const variety = (texts: readonly string[]) =>
  Array.from(texts[0]!, (_, at) => new Set(texts.map((text) => text[at])).size);

describe("an id", () => {
  it("is 16 characters that any backend takes, and never twice the same", async () => {
    const ids = await Promise.all(
      Array.from({ length: 500 }, async () => (await createIdentity()).id),
    );
    expect(new Set(ids).size).toBe(500);
    for (const id of ids) {
      expect(id).toMatch(/^[\w-]{16}$/);
      expect(parsePeerInfo({ id }).id).toBe(id);
    }
  });

  it("does not tell the secret behind it", async () => {
    const { id, secret } = await createIdentity();
    expect(secret).not.toContain(id);
    expect(secret.length).toBe(32);
  });

  it("is proved by its secret, and by no other", async () => {
    const [mine, other] = [await createIdentity(), await createIdentity()];
    expect(await verifyResumeToken(mine.secret, mine.id)).toBe(true);
    expect(await verifyResumeToken(other.secret, mine.id)).toBe(false);
    expect(await verifyResumeToken(mine.id, mine.id)).toBe(false);
    expect(await verifyResumeToken("", mine.id)).toBe(false);
  });

  it("is proved with the user's name before it, as backends with accounts put it", async () => {
    const { id, secret } = await createIdentity();
    expect(await verifyResumeToken(secret, `mina.${id}`)).toBe(true);
    expect(await verifyResumeToken(secret, `mina@example.org.${id}`)).toBe(true);
    expect(await verifyResumeToken(secret, `${id}.jun`)).toBe(false);
    expect(await verifyResumeToken(secret, `x${id}`)).toBe(false);
  });

  it("can be had on a page that has no hash, but proves nothing there", async () => {
    vi.stubGlobal("crypto", {
      getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => {
        bytes.fill(7);
        return bytes;
      },
    });
    const { id, secret } = await createIdentity();
    expect(id).toMatch(/^[\w-]{16}$/);
    expect(await verifyResumeToken(secret, id)).toBe(false);
  });
});

describe("the name of a room", () => {
  const rooms = Array.from({ length: 2_000 }, () => createRoomId());

  it("is c_ and 128 bits, in characters that a URL takes as they are", () => {
    for (const room of rooms) {
      expect(room).toMatch(/^c_[\w-]{22}$/);
      expect(encodeURIComponent(room)).toBe(room);
    }
  });

  it("is never twice the same, and every character of it counts", () => {
    expect(new Set(rooms).size).toBe(rooms.length);
    // 2,000 draws miss one of 64 characters with a chance of 2e-14; the last one carries two bits.
    expect(variety(rooms.map((room) => room.slice(2)))).toEqual([...Array<number>(21).fill(64), 4]);
  });
});

it("no id, secret or room is left to a generator that can be guessed", async () => {
  const random = vi.spyOn(Math, "random");
  const drawn = vi.spyOn(crypto, "getRandomValues");
  await createIdentity();
  createRoomId();
  expect(random).not.toHaveBeenCalled();
  expect(drawn.mock.calls.map(([bytes]) => bytes?.byteLength)).toEqual([24, 16]);
});

describe("what a page leaves for the next one in its tab", () => {
  it("is taken once", () => {
    const entries = playStorage();
    resumeTokens.leave("standup", "secret");
    expect(resumeTokens.take("standup")).toBe("secret");
    expect(resumeTokens.take("standup")).toBeUndefined();
    expect(entries.size).toBe(0);
  });

  it("is for the same room only", () => {
    playStorage();
    resumeTokens.leave("standup", "secret");
    expect(resumeTokens.take("retro")).toBeUndefined();
    expect(resumeTokens.take("standup")).toBe("secret");
  });

  it("is missed by nobody where the storage is blocked", () => {
    const refuse = () => {
      throw new DOMException("Blocked.", "SecurityError");
    };
    vi.stubGlobal("sessionStorage", { getItem: refuse, setItem: refuse, removeItem: refuse });
    expect(() => resumeTokens.leave("standup", "secret")).not.toThrow();
    expect(resumeTokens.take("standup")).toBeUndefined();
  });

  it("is missed by nobody where there is no storage", () => {
    vi.stubGlobal("sessionStorage", undefined);
    expect(() => resumeTokens.leave("standup", "secret")).not.toThrow();
    expect(resumeTokens.take("standup")).toBeUndefined();
  });
});
