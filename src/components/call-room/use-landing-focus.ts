"use client";
import { useCallback, useEffect, useRef, type RefCallback } from "react";
import { focusedBeside } from "../own-document.ts";
import type { RoomStep } from "./room-step.ts";

/**
 * Returns a ref for the element that receives the focus when the step changes. Without it, the focus
 * would go back to the top of the page when the focused element of the previous step is removed. A
 * focused element elsewhere on the page keeps the focus.
 */
export function useLandingFocus(step: RoomStep): RefCallback<HTMLElement> {
  const landing = useRef<HTMLElement | null>(null);
  const former = useRef(step);
  useEffect(() => {
    if (former.current === step) return;
    former.current = step;
    const element = landing.current;
    if (element && !focusedBeside(element)) element.focus({ preventScroll: true });
  }, [step]);
  return useCallback((element) => {
    landing.current = element;
  }, []);
}
