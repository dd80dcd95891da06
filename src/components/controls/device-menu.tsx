"use client";
/** Owns the small menu at the side of a device's switch: the choice of the device, in a popover. Not exported from the package. */
import ChevronUp from "lucide-react/icons/chevron-up";
import { useEffect, useRef, useState, type ReactNode } from "react";

interface DeviceMenuProps {
  label: string;
  /** Rendered while open only: a meter measures for as long as it is there. */
  children: ReactNode;
}

/** A button and its popover. */
export function DeviceMenu({ label, children }: DeviceMenuProps) {
  const button = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    if (!button.current || !menu.current) return;
    const scope = new AbortController();
    // By hand, because React 18 knows neither the attribute nor the event.
    button.current.popoverTargetElement = menu.current;
    const follow = (event: ToggleEvent) => setOpen(event.newState === "open");
    menu.current.addEventListener("beforetoggle", follow, { signal: scope.signal });
    // jsdom has no popovers: there the menu is an ordinary element that a press opens and closes.
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
