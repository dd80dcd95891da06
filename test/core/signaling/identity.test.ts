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

/** Simulates the storage of a tab. */
function simulateStorage(): Map<string, string> {
  const entries = new Map<string, string>();
  vi.stubGlobal("sessionStorage", {
    getItem: (key: string) => entries.get(key) ?? null,
    setItem: (key: string, value: string) => void entries.set(key, value),
    removeItem: (key: string) => void entries.delete(key),
  });
  return entries;
}

/** Counts the different characters at each position. */
const variety = (texts: readonly string[]) =>
  Array.from(texts[0]!, (_, at) => new Set(texts.map((text) => text[at])).size);

describe("createIdentity and verifyResumeToken", () => {
  it("creates unique ids of 16 characters that every backend accepts", async () => {
    const ids = await Promise.all(
      Array.from({ length: 500 }, async () => (await createIdentity()).id),
    );
    expect(new Set(ids).size).toBe(500);
    for (const id of ids) {
      expect(id).toMatch(/^[\w-]{16}$/);
      expect(parsePeerInfo({ id }).id).toBe(id);
    }
  });

  it("does not reveal the secret in the id", async () => {
    const { id, secret } = await createIdentity();
    expect(secret).not.toContain(id);
    expect(secret.length).toBe(32);
  });

  it("verifies the secret of an id, and no other one", async () => {
    const [mine, other] = [await createIdentity(), await createIdentity()];
    expect(await verifyResumeToken(mine.secret, mine.id)).toBe(true);
    expect(await verifyResumeToken(other.secret, mine.id)).toBe(false);
    expect(await verifyResumeToken(mine.id, mine.id)).toBe(false);
    expect(await verifyResumeToken("", mine.id)).toBe(false);
  });

  it("verifies an id with the user's id in front", async () => {
    const { id, secret } = await createIdentity();
    expect(await verifyResumeToken(secret, `mina.${id}`)).toBe(true);
    expect(await verifyResumeToken(secret, `mina@example.org.${id}`)).toBe(true);
    expect(await verifyResumeToken(secret, `${id}.jun`)).toBe(false);
    expect(await verifyResumeToken(secret, `x${id}`)).toBe(false);
  });

  it("creates an id on an insecure page, and verifies nothing there", async () => {
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

describe("createRoomId", () => {
  const rooms = Array.from({ length: 2_000 }, () => createRoomId());

  it("returns c_ and 128 bits in characters that a URL does not escape", () => {
    for (const room of rooms) {
      expect(room).toMatch(/^c_[\w-]{22}$/);
      expect(encodeURIComponent(room)).toBe(room);
    }
  });

  it("returns a different name each time, with all of its characters random", () => {
    expect(new Set(rooms).size).toBe(rooms.length);
    // 2,000 draws miss one of 64 characters with a chance of 2e-14; the last one carries two bits.
    expect(variety(rooms.map((room) => room.slice(2)))).toEqual([...Array<number>(21).fill(64), 4]);
  });
});

it("uses a cryptographic random generator for ids, secrets and room names", async () => {
  const random = vi.spyOn(Math, "random");
  const drawn = vi.spyOn(crypto, "getRandomValues");
  await createIdentity();
  createRoomId();
  expect(random).not.toHaveBeenCalled();
  expect(drawn.mock.calls.map(([bytes]) => bytes?.byteLength)).toEqual([24, 16]);
});

describe("resumeTokens", () => {
  it("returns a token once", () => {
    const entries = simulateStorage();
    resumeTokens.leave("standup", "secret");
    expect(resumeTokens.take("standup")).toBe("secret");
    expect(resumeTokens.take("standup")).toBeUndefined();
    expect(entries.size).toBe(0);
  });

  it("returns a token for its room only", () => {
    simulateStorage();
    resumeTokens.leave("standup", "secret");
    expect(resumeTokens.take("retro")).toBeUndefined();
    expect(resumeTokens.take("standup")).toBe("secret");
  });

  it("returns undefined if the storage is blocked", () => {
    const refuse = () => {
      throw new DOMException("Blocked.", "SecurityError");
    };
    vi.stubGlobal("sessionStorage", { getItem: refuse, setItem: refuse, removeItem: refuse });
    expect(() => resumeTokens.leave("standup", "secret")).not.toThrow();
    expect(resumeTokens.take("standup")).toBeUndefined();
  });

  it("returns undefined without storage", () => {
    vi.stubGlobal("sessionStorage", undefined);
    expect(() => resumeTokens.leave("standup", "secret")).not.toThrow();
    expect(resumeTokens.take("standup")).toBeUndefined();
  });
});
