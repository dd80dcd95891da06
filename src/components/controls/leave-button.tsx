"use client";
import PhoneOff from "lucide-react/icons/phone-off";
import { forwardRef, type ComponentPropsWithoutRef } from "react";
import type { Call } from "../../core/call/call.ts";
import { ControlButton } from "./control-button.tsx";
import { useLeaveButton } from "./use-leave-button.ts";

/** Accepts the props of a `button`, too. Children replace the icon. */
export interface LeaveButtonProps extends ComponentPropsWithoutRef<"button"> {
  /** @default the call of the nearest `CallProvider` */
  call?: Call | undefined;
  /** Called after leaving, also if signaling is unreachable. */
  onLeave?: (() => void) | undefined;
}

/**
 * Leaves the call. Disabled while there is no call to leave. State: `data-status`, that of the call.
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
