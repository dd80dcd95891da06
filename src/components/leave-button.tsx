"use client";
/** Owns the way out of a call. */
import PhoneOff from "lucide-react/icons/phone-off";
import { forwardRef, useState, type ComponentPropsWithoutRef } from "react";
import type { Call } from "../core/call.ts";
import { ControlButton } from "./control-button.tsx";
import { useMessages } from "./messages-context.tsx";

/** Props of {@link LeaveButton}: these, and those of a `button`. Children replace the icon. */
export interface LeaveButtonProps extends ComponentPropsWithoutRef<"button"> {
  call: Call;
}

/** Leaves the call. Disabled where there is none to leave. State: `data-status`, that of the call. */
export const LeaveButton = forwardRef<HTMLButtonElement, LeaveButtonProps>(function LeaveButton(
  { call, ...props },
  ref,
) {
  const messages = useMessages();
  const [leaving, setLeaving] = useState(false);
  const out = call.status === "idle" || call.status === "left";
  const leave = async () => {
    setLeaving(true);
    try {
      await call.leave();
    } finally {
      setLeaving(false);
    }
  };
  return (
    <ControlButton
      disabled={out}
      {...props}
      ref={ref}
      data-control="leave"
      label={messages.leave}
      hint={leaving ? messages.leaving : messages.leave}
      icon={<PhoneOff aria-hidden="true" />}
      status={call.status}
      busy={leaving}
      act={leave}
    />
  );
});
