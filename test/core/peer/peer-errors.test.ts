import { afterEach, describe, expect, it, vi } from "vitest";
import { CallError } from "../../../src/core/lib/errors.ts";
import { createPeerErrors } from "../../../src/core/peer/peer-errors.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("createPeerErrors", () => {
  const error = new CallError("ice-failed", "Could not connect.");

  function setUp(isSettled = true) {
    const onError = vi.fn();
    const onChange = vi.fn();
    const errors = createPeerErrors({ onError, onChange, isSettled: () => isSettled });
    return { errors, onError, onChange };
  }

  it("reports each error object once", () => {
    const { errors, onError, onChange } = setUp();
    errors.report(error);
    errors.report(error);
    errors.reportGivenUp(error);
    expect([onError.mock.calls, onChange.mock.calls.length]).toEqual([[[error]], 1]);
  });

  it("has the newest error until clear()", () => {
    const { errors } = setUp();
    const newer = new CallError("message-invalid", "A message was dropped.");
    errors.report(error);
    errors.report(newer);
    expect(errors.newest()).toBe(newer);
    errors.clear();
    expect(errors.newest()).toBeUndefined();
  });

  it.each([
    [true, [[error]]],
    [false, []],
  ])("reports that it gave up only if the remote peer is there: %s", (isSettled, calls) => {
    const { errors, onError } = setUp(isSettled);
    errors.reportGivenUp(error);
    errors.reportGivenUp(undefined);
    expect(onError.mock.calls).toEqual(calls);
    expect(errors.newest()).toBeUndefined();
  });

  it("reports what onError throws as uncaught", () => {
    const reported = vi.fn();
    vi.stubGlobal("reportError", reported);
    const { errors, onError, onChange } = setUp();
    const failure = new Error("The application has a bug.");
    onError.mockImplementation(() => {
      throw failure;
    });
    errors.report(error);
    expect([reported.mock.calls, onChange.mock.calls.length]).toEqual([[[failure]], 1]);
  });
});
