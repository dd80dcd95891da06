"use client";
import {
  useEffect,
  useId,
  useState,
  type FocusEvent,
  type KeyboardEvent,
  type MouseEvent,
} from "react";

interface ControlButtonOptions<Status extends string> {
  /** The value of `data-control`. */
  control: string;
  /** The accessible name, the same in every state. */
  label: string;
  /** The action of a click, or the problem and its remedy. */
  hint: string;
  status: Status;
  pressed?: boolean | undefined;
  busy?: boolean | undefined;
  trouble?: boolean | undefined;
  disabled?: boolean | undefined;
  /** Runs on a click. The owner of the state keeps a failure. */
  act: () => Promise<void> | void;
}

/** The props of the `<button>` of a {@link ControlButtonState}. */
interface ControlButtonElementProps {
  readonly type: "button";
  readonly "aria-label": string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-pressed": boolean | undefined;
  readonly "aria-busy": boolean | undefined;
  readonly title: string;
  readonly disabled: boolean | undefined;
  readonly "data-twocan": string;
  readonly "data-control": string;
  readonly "data-status": string;
  readonly "data-trouble": string | undefined;
  onClick(event: MouseEvent<HTMLButtonElement>): void;
  onFocus(event: FocusEvent<HTMLButtonElement>): void;
  onBlur(event: FocusEvent<HTMLButtonElement>): void;
  onKeyDown(event: KeyboardEvent<HTMLButtonElement>): void;
}

/** The props of the hint of a {@link ControlButtonState}. */
interface ControlHintElementProps {
  readonly id: string;
  readonly popover: "manual";
  readonly "data-twocan": string;
  readonly children: string;
}

/** The state of a control, with the props of its button and its hint. */
export interface ControlButtonState<Status extends string> {
  readonly status: Status;
  /** Whether the control is on. */
  readonly pressed: boolean;
  /** There is a problem. `hint` names the remedy, and a click tries again. */
  readonly trouble: boolean;
  /** Describes what a click does, or the problem and its remedy. */
  readonly hint: string;
  /** The name, state, description and handlers of the `<button>`. */
  readonly buttonProps: ControlButtonElementProps;
  /** The props of an element beside the button, rendered only while `trouble`: a popover with the hint, shown while the button has the focus. */
  readonly hintProps: ControlHintElementProps;
}

/** Returns the state and the props of one control. */
export function useControlButton<Status extends string>(
  options: ControlButtonOptions<Status>,
): ControlButtonState<Status> {
  const id = useId();
  const { status, pressed = false, trouble = false, hint } = options;
  // The button keeps the focus after a click that fails, so the hint depends on both.
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
): ControlButtonElementProps {
  const { control, label, hint, status, pressed, busy, trouble, disabled, act } = options;
  return {
    type: "button",
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
      // Safari does not focus a button on a click.
      currentTarget.focus();
      // The owner of the state keeps the error.
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

function hintProps(id: string, children: string): ControlHintElementProps {
  return { id, popover: "manual", "data-twocan": "control-hint", children };
}

// A browser without popovers shows no hint, and the description and the title remain. A browser that
// does not support `source` yet reads the object as `true`. The hint is looked up in the root of the
// button, which may be a shadow root or another document.
function toggleHint(id: string, source: HTMLElement, force: boolean): void {
  const root = source.getRootNode() as Partial<Document | ShadowRoot>;
  root.getElementById?.(id)?.togglePopover?.(force ? { force, source } : false);
}
