"use client";
/** Owns what the microphone button and the camera button have in common. Not exported from the package. */
import { forwardRef, type ComponentPropsWithoutRef, type ReactNode } from "react";
import type { MediaControl } from "../core/control.ts";
import { ControlButton } from "./control-button.tsx";
import type { DeviceMessages } from "./messages.ts";

interface DeviceButtonProps extends ComponentPropsWithoutRef<"button"> {
  kind: "microphone" | "camera";
  control: MediaControl;
  texts: DeviceMessages;
  on: ReactNode;
  off: ReactNode;
}

/** A switch for one device. In trouble it can still be pressed, which tries again. */
export const DeviceButton = forwardRef<HTMLButtonElement, DeviceButtonProps>(function DeviceButton(
  { kind, control, texts, on, off, ...props },
  ref,
) {
  const { status } = control;
  const without = status === "blocked" || status === "missing" || status === "busy";
  // What others get, not what was asked for: a blocked microphone is not on.
  const pressed = control.enabled && !without;
  return (
    <ControlButton
      aria-pressed={pressed}
      {...props}
      ref={ref}
      data-control={kind}
      label={texts.label}
      hint={hintFor(control, texts)}
      icon={pressed ? on : off}
      status={status}
      busy={status === "starting"}
      trouble={without || status === "interrupted"}
      act={() => control.toggle()}
    />
  );
});

function hintFor({ status, enabled }: MediaControl, texts: DeviceMessages): string {
  if (status === "on" || status === "off") return enabled ? texts.turnOff : texts.turnOn;
  return texts[status];
}
