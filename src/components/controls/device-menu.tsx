"use client";
import ChevronUp from "lucide-react/icons/chevron-up";
import { useEffect, useRef, useState, type ReactNode } from "react";

interface DeviceMenuProps {
  label: string;
  /** Rendered only while open, because a mounted level meter keeps measuring. */
  children: ReactNode;
}

/** Renders a button that opens its children in a popover. */
export function DeviceMenu({ label, children }: DeviceMenuProps) {
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (!button.current || !menu.current) return;
    const scope = new AbortController();
    // Not as props, because React 18 supports neither the attribute nor the event.
    button.current.popoverTargetElement = menu.current;
    const onToggle = (event: ToggleEvent) => setOpen(event.newState === "open");
    menu.current.addEventListener("beforetoggle", onToggle, { signal: scope.signal });
    // jsdom has no popovers, so there a click shows and hides an ordinary element.
    if (!menu.current.togglePopover) {
      menu.current.removeAttribute("popover");
      const toggle = () => setOpen((before) => !before);
      button.current.addEventListener("click", toggle, { signal: scope.signal });
    }
    return () => scope.abort();
  }, []);
  return (
    <>
      <button
        ref={button}
        type="button"
        data-twocan="control-button"
        data-control="menu"
        aria-label={label}
        title={label}
      >
        <ChevronUp aria-hidden="true" />
      </button>
      <div ref={menu} popover="auto" data-twocan="device-menu" aria-label={label}>
        {open && children}
      </div>
    </>
  );
}
