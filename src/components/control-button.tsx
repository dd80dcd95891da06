"use client";
/** Owns the shared look and behaviour of the buttons of a call. Not exported from the package. */
import CircleAlert from "lucide-react/icons/circle-alert";
import { forwardRef, type ComponentPropsWithoutRef, type ReactNode } from "react";

interface ControlButtonProps extends ComponentPropsWithoutRef<"button"> {
  /** The name; the same in every state. */
  label: string;
  /** What a press does, or what is wrong and how to put it right. */
  hint: string;
  icon: ReactNode;
  status: string;
  busy?: boolean;
  trouble?: boolean;
  /** What a press does. A failure is shown by whoever owns the state. */
  act: () => Promise<void> | void;
}

/** A real button. Children take the place of the icon; `onClick` runs first and may prevent the rest. */
export const ControlButton = forwardRef<HTMLButtonElement, ControlButtonProps>(
  function ControlButton(
    { label, hint, icon, status, busy, trouble, act, onClick, children, ...props },
    ref,
  ) {
    return (
      <button
        aria-label={label}
        title={hint}
        aria-busy={busy}
        {...props}
        ref={ref}
        type="button"
        data-twocan="control-button"
        data-status={status}
        data-trouble={trouble ? "" : undefined}
        onClick={(event) => {
          onClick?.(event);
          if (event.defaultPrevented) return;
          // The owner of the state keeps the error: here it has nowhere to go.
          Promise.resolve(act()).catch(() => {});
        }}
      >
        {children ?? icon}
        {trouble && (
          <span data-twocan="control-badge">
            <CircleAlert aria-hidden="true" />
          </span>
        )}
      </button>
    );
  },
);
