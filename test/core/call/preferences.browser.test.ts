import { beforeEach, describe, expect, it, vi } from "vitest";
import { readPreferences, writePreferences } from "../../../src/core/index.ts";

beforeEach(() => localStorage.clear());

const KEY = "twocan:preferences:1";

describe("writePreferences", () => {
  it("adds to what is stored, field by field, under one key", () => {
    writePreferences({ name: "Mina", camera: { deviceId: "rear" } });
    writePreferences({ camera: { enabled: false }, speaker: "headset" });
    writePreferences({ microphone: { enabled: true } });
    expect(readPreferences()).toEqual({
      name: "Mina",
      camera: { deviceId: "rear", enabled: false },
      speaker: "headset",
      microphone: { enabled: true },
    });
    expect(Object.keys(localStorage)).toEqual([KEY]);
  });

  it("deletes a field that is undefined", () => {
    writePreferences({ name: "Mina", speaker: "headset" });
    writePreferences({ name: undefined });
    expect(readPreferences()).toEqual({ speaker: "headset" });
  });

  it("keeps what is stored when a new value is invalid", () => {
    writePreferences({ name: "Mina" });
    writePreferences({ name: "a".repeat(600) });
    expect(readPreferences()).toEqual({ name: "Mina" });
  });

  it("changes nothing when the storage is full", () => {
    vi.spyOn(Storage.prototype, "setItem").mockImplementationOnce(() => {
      throw new DOMException("Full.", "QuotaExceededError");
    });
    writePreferences({ name: "Mina" });
    expect(readPreferences()).toEqual({});
  });
});

describe("readPreferences", () => {
  it.each([
    ["no JSON", "{"],
    ["no object", "null"],
    ["a number for a name", '{"name":7}'],
    ["an empty name", '{"name":""}'],
    ["an endless name", JSON.stringify({ name: "a".repeat(100_000) })],
    ["a string for a switch", '{"camera":{"enabled":"yes"}}'],
    ["an object for a device id", '{"microphone":{"deviceId":{"exact":"x"}}}'],
  ])("takes %s for an empty storage", (_, stored) => {
    localStorage.setItem(KEY, stored);
    expect(readPreferences()).toEqual({});
  });

  it("drops fields that it does not know", () => {
    localStorage.setItem(
      KEY,
      '{"name":"Mina","token":"x","camera":{"constraints":{}},"__proto__":{"a":1}}',
    );
    expect(readPreferences()).toEqual({ name: "Mina", camera: {} });
  });
});
