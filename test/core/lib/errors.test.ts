import { runInNewContext } from "node:vm";
import { describe, expect, it, vi } from "vitest";
import { adapterError, callAdapter, CallError, toCallError } from "../../../src/core/lib/errors.ts";
import {
  createConfigurationSource,
  DEFAULT_ICE_SERVERS,
} from "../../../src/core/peer/ice-servers.ts";

/** The class of a second copy of the library: another bundle, or the same bundle in another frame. */
async function otherCopy(): Promise<typeof CallError> {
  vi.resetModules();
  const copy = await import("../../../src/core/lib/errors.ts");
  expect(copy.CallError).not.toBe(CallError);
  return copy.CallError;
}

/** An object that throws at every access. */
const hostile: unknown = new Proxy(
  {},
  {
    get() {
      throw new Error("get");
    },
    has() {
      throw new Error("has");
    },
    getPrototypeOf() {
      throw new Error("getPrototypeOf");
    },
  },
);

const revoked = (() => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy as unknown;
})();

/** Values that an adapter, a callback or `iceServers()` can throw. */
const THROWN: [string, unknown][] = [
  ["undefined", undefined],
  ["null", null],
  ["a string", "quota exceeded"],
  ["a number", 403],
  ["a symbol", Symbol("denied")],
  ["a function", () => "denied"],
  ["an object without a prototype", Object.create(null)],
  ["a frozen object", Object.freeze({ code: 403, message: "Forbidden" })],
  ["a frozen error", Object.freeze(new Error("Forbidden"))],
  ["a message that is a symbol", { message: Symbol("denied") }],
  ["a message that is an object", { message: { toString: () => "denied" } }],
  ["a DOMException", new DOMException("Access denied.", "SecurityError")],
  ["an AggregateError", new AggregateError([new Error("1"), new Error("2")], "both failed")],
  ["an error whose name is a symbol", Object.assign(new Error("x"), { name: Symbol("x") })],
  ["an object whose getters throw", hostile],
  ["a revoked proxy", revoked],
];

describe("CallError.is", () => {
  it("recognises errors of this copy and of another one", async () => {
    const Other = await otherCopy();
    expect(CallError.is(new CallError("room-full", "Full."))).toBe(true);
    expect(CallError.is(new Other("room-full", "Full."))).toBe(true);
    expect(Other.is(new CallError("room-full", "Full."))).toBe(true);
  });

  it("recognises a subclass", () => {
    class DeviceError extends CallError {}
    expect(CallError.is(new DeviceError("device-busy", "Busy."))).toBe(true);
  });

  it.each(THROWN)("returns false for %s", (_, thrown) => {
    expect(CallError.is(thrown)).toBe(false);
  });

  it("returns false for an object that only looks like one", () => {
    expect(CallError.is({ name: "CallError", code: "room-full", message: "Full." })).toBe(false);
    expect(CallError.is({ [Symbol.for("twocan.CallError")]: true })).toBe(false);
  });

  it("leaves the properties of an error as they were", () => {
    const error = new CallError("room-full", "Full.");
    expect(Object.keys(error).toSorted()).toEqual(["code", "name"]);
    expect(Object.getOwnPropertySymbols(error)).toEqual([]);
  });
});

describe.each([
  ["toCallError", (cause: unknown) => toCallError(cause, "signaling-unavailable", "Unreachable.")],
  ["adapterError", (cause: unknown) => adapterError(cause, "send", "Unreachable.")],
])("%s", (_, convert) => {
  it("returns a CallError of this or another copy as it is", async () => {
    const Other = await otherCopy();
    for (const error of [new CallError("room-full", "Full."), new Other("room-full", "Full.")])
      expect(convert(error)).toBe(error);
  });

  it.each(THROWN)("converts %s, and keeps it as the cause", (__, thrown) => {
    const error = convert(thrown);
    expect(error).toBeInstanceOf(CallError);
    expect(error.code).toBe("signaling-unavailable");
    expect(error.message).toMatch(/^Unreachable\./);
    expect(error.cause).toBe(thrown);
  });
});

describe("adapterError", () => {
  it.each([
    ["a string", "quota exceeded", "Unreachable. (quota exceeded)"],
    ["a message", { message: "Forbidden" }, "Unreachable. (Forbidden)"],
    ["no message", {}, "Unreachable."],
  ])("quotes %s", (_, thrown, message) => {
    expect(adapterError(thrown, "send", "Unreachable.").message).toBe(message);
  });

  it.each(["TypeError", "ReferenceError", "RangeError"])(
    "takes a %s of another realm for a bug in the adapter",
    (name) => {
      const thrown: unknown = runInNewContext(`new ${name}("x is not a function")`);
      expect(thrown).not.toBeInstanceOf(Error);
      expect(adapterError(thrown, "send")).toMatchObject({
        code: "adapter-failed",
        cause: thrown,
        message: expect.stringMatching(`^send\\(\\).*${name}: x is not a function`),
      });
    },
  );
});

describe("callAdapter", () => {
  it.each(THROWN)("rejects with a CallError when the adapter throws %s", async (_, thrown) => {
    const call = callAdapter("send", () => {
      throw thrown;
    });
    const error = await call.catch((rejection: CallError) => rejection);
    expect(error).toBeInstanceOf(CallError);
    expect((error as CallError).code).toBe("signaling-unavailable");
    expect((error as CallError).cause).toBe(thrown);
  });

  it("reports a missing function as a bug in the adapter", async () => {
    const session = {} as { send(): Promise<void> };
    await expect(callAdapter("send", () => session.send())).rejects.toMatchObject({
      code: "adapter-failed",
    });
  });
});

describe("iceServers()", () => {
  it("is replaced by the default and reported once as a CallError, for anything that it throws", async () => {
    const results = await Promise.all(
      THROWN.map(async ([, thrown]) => {
        const errors: CallError[] = [];
        const source = createConfigurationSource({
          name: "iceServers",
          read() {
            throw thrown;
          },
          rest: () => ({}),
          signal: new AbortController().signal,
          onError: (error) => errors.push(error),
        });
        return { configuration: await source.get(), errors, thrown };
      }),
    );
    for (const { configuration, errors, thrown } of results) {
      expect(configuration).toEqual({ iceServers: DEFAULT_ICE_SERVERS });
      expect(errors.map(({ code }) => code)).toEqual(["ice-servers-invalid"]);
      expect(errors[0]!.cause).toBe(thrown);
    }
  });
});
