"use client";
import { useState } from "react";
import type { Call } from "../../core/call/call.ts";
import { useCurrentCall } from "../../react/call-provider.tsx";
import { useMessages } from "../i18n/messages-context.tsx";
import { useControlButton, type ControlButtonState } from "./use-control-button.ts";

/** The state of a button that leaves the call. Its status is that of the call. */
export type LeaveButtonState = ControlButtonState<Call["status"]>;

/**
 * Returns the props of a button that leaves the call. Disabled while there is no call to leave.
 *
 * @param given Default: the call of the nearest `CallProvider`.
 * @param onLeave Called after leaving, also if signaling is unreachable.
 */
export function useLeaveButton(given?: Call, onLeave?: () => void): LeaveButtonState {
  const call = useCurrentCall(given);
  const messages = useMessages();
  const [leaving, setLeaving] = useState(false);
  return useControlButton({
    control: "leave",
    label: messages.leave,
    hint: leaving ? messages.leaving : messages.leave,
    status: call.status,
    busy: leaving,
    disabled: call.status === "idle" || call.status === "left",
    async act() {
      setLeaving(true);
      try {
        await call.leave();
      } finally {
        setLeaving(false);
        onLeave?.();
      }
    },
  });
}
