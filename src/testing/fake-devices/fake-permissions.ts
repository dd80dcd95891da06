/** Owns what the person lets one played browser do: the questions, their answers, and what stands in the site's settings. */
import { failure, FakeEventTarget, fire, type Handler } from "./fake-events.ts";

/** What a browser asks for. */
export type Asked = "camera" | "microphone" | "display-capture";
/** What the person does about a question: `"wait"` leaves it open until it is another. */
export type FakeAnswer = "allow" | "deny" | "dismiss" | "wait";

/** The permissions of one page. */
export interface FakePermissions {
  state(name: Asked): PermissionState;
  set(name: Asked, state: PermissionState): void;
  /** What becomes of questions from now on, and of those that are open. */
  answer(answer: FakeAnswer): void;
  /** Resolves when everything is allowed. @throws {DOMException} `NotAllowedError` */
  ask(names: readonly Asked[]): Promise<void>;
  /** Stands where `navigator.permissions` does. */
  readonly query: (descriptor: { name: string }) => Promise<PermissionStatus>;
}

/** Plays a `PermissionStatus` (Permissions, section 6.2). */
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

/** Makes permissions: everything is asked for, and allowed. */
export function createPermissions(): FakePermissions {
  const states: Record<Asked, PermissionState> = {
    camera: "prompt",
    microphone: "prompt",
    "display-capture": "prompt",
  };
  const watched = new Set<FakePermissionStatus>();
  let present: FakeAnswer = "allow";
  let open: ((answer: FakeAnswer) => void)[] = [];

  function set(name: Asked, state: PermissionState): void {
    if (states[name] === state) return;
    states[name] = state;
    for (const status of watched) if (status.name === name) fire(status, "change");
  }

  const answered = () =>
    present === "wait"
      ? new Promise<FakeAnswer>((resolve) => open.push(resolve))
      : Promise.resolve(present);

  return {
    state: (name) => states[name],
    set,
    answer(answer) {
      present = answer;
      if (answer === "wait") return;
      for (const tell of open) tell(answer);
      open = [];
    },
    async ask(names) {
      if (names.some((name) => states[name] === "denied"))
        throw failure("NotAllowedError", "Permission denied");
      const asked = names.filter((name) => states[name] === "prompt");
      if (asked.length === 0) return;
      const answer = await answered();
      // A choice of what to share is never kept.
      const kept = asked.filter((name) => name !== "display-capture");
      if (answer === "allow") for (const name of kept) set(name, "granted");
      if (answer === "deny") for (const name of kept) set(name, "denied");
      if (answer === "dismiss") throw failure("NotAllowedError", "Permission dismissed");
      if (answer === "deny") throw failure("NotAllowedError", "Permission denied");
    },
    async query({ name }) {
      const known = name === "camera" || name === "microphone" || name === "display-capture";
      const status = new FakePermissionStatus(name, () => (known ? states[name] : "prompt"));
      watched.add(status);
      return status;
    },
  };
}
