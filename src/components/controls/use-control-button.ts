"use client";
/** Owns how a button of a call behaves, and how its remedy is reached. Not exported from the package: the hook of each button is. */
import {
  useEffect,
  useId,
  useState,
  type FocusEvent,
  type KeyboardEvent,
  type MouseEvent,
} from "react";

/** What one button differs in from another. */
interface ControlButtonOptions<Status extends string> {
  control: string;
  /** The name; the same in every state. */
  label: string;
  /** What a press does, or what is wrong and how to put it right. */
  hint: string;
  status: Status;
  pressed?: boolean | undefined;
  busy?: boolean | undefined;
  trouble?: boolean | undefined;
  disabled?: boolean | undefined;
  /** What a press does. A failure is shown by whoever owns the state. */
  act: () => Promise<void> | void;
}

/** A button of a call, to be put on markup of one's own. */
export interface ControlButtonState<Status extends string> {
  readonly status: Status;
  readonly pressed: boolean;
  /** Something is wrong; `hint` says how to put it right, and a press tries again. */
  readonly trouble: boolean;
  readonly hint: string;
  /** For the `<button>`: its name, state, description and handlers. */
  readonly buttonProps: ReturnType<typeof buttonProps>;
  /** For an element beside the button, rendered in trouble only: a popover with the hint, shown while the button has focus. */
  readonly hintProps: ReturnType<typeof hintProps>;
}

/** The state of one button, and its props. */
export function useControlButton<Status extends string>(
  options: ControlButtonOptions<Status>,
): ControlButtonState<Status> {
  const id = useId();
  const { status, pressed = false, trouble = false, hint } = options;
  // The button keeps the focus after a press that fails, so the hint depends on both.
  const [focused, setFocused] = useState<HTMLElement>();
  useEffect(() => {
    if (trouble && focused) toggleHint(id, focused, true);
  }, [trouble, id, focused]);
  return {
    status,
    pressed,
    trouble,
    hint,
    buttonProps: buttonProps(id, options, setFocused),
    hintProps: hintProps(id, hint),
  };
}

function buttonProps(
  id: string,
  options: ControlButtonOptions<string>,
  setFocused: (button: HTMLElement | undefined) => void,
) {
  const { control, label, hint, status, pressed, busy, trouble, disabled, act } = options;
  return {
    type: "button" as const,
    "aria-label": label,
    "aria-describedby": trouble ? id : undefined,
    "aria-pressed": pressed,
    "aria-busy": busy,
    title: hint,
    disabled,
    "data-twocan": "control-button",
    "data-control": control,
    "data-status": status,
    "data-trouble": trouble ? "" : undefined,
    onClick({ currentTarget }: MouseEvent<HTMLButtonElement>) {
      // Safari gives a button that is pressed no focus.
      currentTarget.focus();
      // The owner of the state keeps the error: here it has nowhere to go.
      Promise.resolve(act()).catch(() => {});
    },
    onFocus({ currentTarget }: FocusEvent<HTMLButtonElement>) {
      setFocused(currentTarget);
      toggleHint(id, currentTarget, true);
    },
    onBlur({ currentTarget }: FocusEvent<HTMLButtonElement>) {
      setFocused(undefined);
      toggleHint(id, currentTarget, false);
    },
    onKeyDown({ key, currentTarget }: KeyboardEvent<HTMLButtonElement>) {
      if (key === "Escape") toggleHint(id, currentTarget, false);
    },
  };
}

function hintProps(id: string, children: string) {
  return { id, popover: "manual" as const, "data-twocan": "control-hint", children };
}

// A browser without popovers shows no hint; the description is still read, and the title still there.
// One that does not know the source yet takes the object for `true`.
// The hint is looked up beside the button: that may be in a shadow root or in another document.
function toggleHint(id: string, source: HTMLElement, force: boolean): void {
  const root = source.getRootNode() as Partial<Document | ShadowRoot>;
  root.getElementById?.(id)?.togglePopover?.(force ? { force, source } : false);
}
