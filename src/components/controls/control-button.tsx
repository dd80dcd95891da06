"use client";
/** Owns the shared look of the buttons of a call. Not exported from the package. */
import CircleAlert from "lucide-react/icons/circle-alert";
import {
  forwardRef,
  type ComponentPropsWithoutRef,
  type ReactNode,
  type SyntheticEvent,
} from "react";
import type { ControlButtonState } from "./use-control-button.ts";

interface ControlButtonProps extends ComponentPropsWithoutRef<"button"> {
  state: ControlButtonState<string>;
  icon: ReactNode;
}

/** A real button. Children take the place of the icon; handlers given run first and may prevent the rest. */
export const ControlButton = forwardRef<HTMLButtonElement, ControlButtonProps>(
  function ControlButton(
    { state, icon, onClick, onFocus, onBlur, onKeyDown, children, ...props },
    ref,
  ) {
    const { buttonProps, hintProps, trouble } = state;
    return (
      <>
        <button
          {...buttonProps}
          {...props}
          ref={ref}
          type="button"
          onClick={after(onClick, buttonProps.onClick)}
          onFocus={after(onFocus, buttonProps.onFocus)}
          onBlur={after(onBlur, buttonProps.onBlur)}
          onKeyDown={after(onKeyDown, buttonProps.onKeyDown)}
        >
          {children ?? icon}
          {trouble && (
            <span data-twocan="control-badge">
              <CircleAlert aria-hidden="true" />
            </span>
          )}
        </button>
        {trouble && <span {...hintProps} />}
      </>
    );
  },
);

function after<E extends SyntheticEvent>(
  theirs: ((event: E) => void) | undefined,
  ours: (event: E) => void,
) {
  return (event: E) => {
    theirs?.(event);
    if (!event.defaultPrevented) ours(event);
  };
}
