"use client";
import { useEffect, useRef } from "react";

/**
 * Calls `onHidden` after a hidden `<Activity>` has unmounted the effects, and `onShown` when it mounts
 * them again. StrictMode unmounts and mounts effects within one task, so it calls neither.
 */
export function useActivityVisibility(onHidden: () => void, onShown: () => void): void {
  const latest = useRef({ onHidden, onShown });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const hidden = useRef(false);
  useEffect(() => {
    latest.current = { onHidden, onShown };
  });
  useEffect(() => {
    clearTimeout(timer.current);
    if (hidden.current) latest.current.onShown();
    hidden.current = false;
    return () => {
      timer.current = setTimeout(() => {
        hidden.current = true;
        latest.current.onHidden();
      });
    };
  }, []);
}
