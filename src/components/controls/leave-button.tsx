"use client";
/** Owns the way out of a call. */
import PhoneOff from "lucide-react/icons/phone-off";
import { forwardRef, type ComponentPropsWithoutRef } from "react";
import type { Call } from "../../core/call/call.ts";
import { ControlButton } from "./control-button.tsx";
import { useLeaveButton } from "./use-leave-button.ts";

/** Props of {@link LeaveButton}: these, and those of a `button`. Children replace the icon. */
export interface LeaveButtonProps extends ComponentPropsWithoutRef<"button"> {
  /** Default: that of the nearest `CallProvider`. */
  call?: Call | undefined;
  /** Called after leaving, also where the signaling could not be told. */
  onLeave?: (() => void) | undefined;
}

/**
 * Leaves the call. Disabled where there is none to leave. State: `data-status`, that of the call.
 * Built on {@link useLeaveButton}.
 */
export const LeaveButton = forwardRef<HTMLButtonElement, LeaveButtonProps>(function LeaveButton(
  { call, onLeave, ...props },
  ref,
) {
  const state = useLeaveButton(call, onLeave);
  return (
    <ControlButton {...props} ref={ref} state={state} icon={<PhoneOff aria-hidden="true" />} />
  );
});
