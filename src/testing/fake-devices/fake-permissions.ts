import { failure, FakeEventTarget, fire, type Handler } from "./fake-events.ts";

/** The name of a permission. */
export type PermissionKey = "camera" | "microphone" | "display-capture";
/** The answer of the user to a prompt. */
export type FakeAnswer =
  /** Grants access. */
  | "allow"
  /** Denies access; later captures reject without a prompt. */
  | "deny"
  /** Closes the prompt; later captures prompt again. */
  | "dismiss"
  /** Leaves the prompt open until another answer is set. */
  | "wait";

/** The permissions of a site, and the prompts of the browser. */
export interface FakePermissions {
  state(name: PermissionKey): PermissionState;
  set(name: PermissionKey, state: PermissionState): void;
  /** Sets the answer to all prompts, including open ones. */
  answer(answer: FakeAnswer): void;
  /** Prompts if necessary, and resolves when all are granted. @throws {DOMException} `NotAllowedError` */
  ask(names: readonly PermissionKey[]): Promise<void>;
  /** The `query` of `navigator.permissions`. */
  readonly query: (descriptor: { name: string }) => Promise<PermissionStatus>;
}

/** A fake `PermissionStatus` (Permissions, section 6.2). */
class FakePermissionStatus extends FakeEventTarget implements PermissionStatus {
  onchange: Handler = null;
  readonly name: string;
  readonly #read: () => PermissionState;

  constructor(name: string, read: () => PermissionState) {
    super();
    this.name = name;
    this.#read = read;
  }

  get state(): PermissionState {
    return this.#read();
  }
}

/** Creates permissions: each capture prompts once, and is allowed. */
export function createPermissions(): FakePermissions {
  const states: Record<PermissionKey, PermissionState> = {
    camera: "prompt",
    microphone: "prompt",
    "display-capture": "prompt",
  };
  const observed = new Set<FakePermissionStatus>();
  let current: FakeAnswer = "allow";
  let open: ((answer: FakeAnswer) => void)[] = [];

  function set(name: PermissionKey, state: PermissionState): void {
    if (states[name] === state) return;
    states[name] = state;
    for (const status of observed) if (status.name === name) fire(status, "change");
  }

  const answered = () =>
    current === "wait"
      ? new Promise<FakeAnswer>((resolve) => open.push(resolve))
      : Promise.resolve(current);

  return {
    state: (name) => states[name],
    set,
    answer(answer) {
      current = answer;
      if (answer === "wait") return;
      for (const resolve of open) resolve(answer);
      open = [];
    },
    async ask(names) {
      if (names.some((name) => states[name] === "denied"))
        throw failure("NotAllowedError", "Permission denied");
      const prompted = names.filter((name) => states[name] === "prompt");
      if (prompted.length === 0) return;
      const answer = await answered();
      // No browser remembers which screen was chosen.
      const remembered = prompted.filter((name) => name !== "display-capture");
      if (answer === "allow") for (const name of remembered) set(name, "granted");
      if (answer === "deny") for (const name of remembered) set(name, "denied");
      if (answer === "dismiss") throw failure("NotAllowedError", "Permission dismissed");
      if (answer === "deny") throw failure("NotAllowedError", "Permission denied");
    },
    async query({ name }) {
      const known = name === "camera" || name === "microphone" || name === "display-capture";
      const status = new FakePermissionStatus(name, () => (known ? states[name] : "prompt"));
      observed.add(status);
      return status;
    },
  };
}
