"use client";
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
  /** Rendered unless there are children. */
  icon: ReactNode;
}

/**
 * Renders the button of a {@link ControlButtonState} and its hint. A handler in the props runs first, and
 * can prevent the one of the state with `preventDefault()`.
 */
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
          onClick={chain(onClick, buttonProps.onClick)}
          onFocus={chain(onFocus, buttonProps.onFocus)}
          onBlur={chain(onBlur, buttonProps.onBlur)}
          onKeyDown={chain(onKeyDown, buttonProps.onKeyDown)}
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

function chain<E extends SyntheticEvent>(
  given: ((event: E) => void) | undefined,
  own: (event: E) => void,
) {
  return (event: E) => {
    given?.(event);
    if (!event.defaultPrevented) own(event);
  };
}
