"use client";
/** Owns where a small picture floats: in one of four corners, moved by pointer or by key. */
import { useRef, useState, type KeyboardEvent, type MouseEvent, type PointerEvent } from "react";
import { viewOf } from "../own-document.ts";

/** Where it floats. Start and end as the page is read: in Arabic the start is on the right. */
export type SelfViewCorner = `${"top" | "bottom"}-${"start" | "end"}`;

/** What {@link useSelfView} gives. */
export interface SelfView {
  /** For the element that is taken hold of. Put it directly into the box it floats in, and make it focusable. */
  selfViewProps: {
    "data-corner": SelfViewCorner;
    "data-dragging": boolean;
    onPointerDown(event: PointerEvent<HTMLElement>): void;
    onPointerMove(event: PointerEvent<HTMLElement>): void;
    onPointerUp(event: PointerEvent<HTMLElement>): void;
    onPointerCancel(event: PointerEvent<HTMLElement>): void;
    onKeyDown(event: KeyboardEvent<HTMLElement>): void;
    onClickCapture(event: MouseEvent<HTMLElement>): void;
  };
  corner: SelfViewCorner;
  dragging: boolean;
  moveTo(corner: SelfViewCorner): void;
}

/** In pixels: a finger that stays within this presses, and does not drag. */
const SLACK = 6;
const DRAG = "--twocan-drag";

interface Grip {
  x: number;
  y: number;
  /** How far it may go to each side without leaving the box, as CSS pixels to add. */
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/**
 * A picture that floats over another in one of four corners. Dragged, it follows the pointer and
 * goes to the nearest corner when let go of; arrow keys move it too.
 *
 * Placing is the style's: by `data-corner`, and while it is dragged by `--twocan-drag` (the value of
 * `translate`), which is set on the box around it, so that more than one element may follow.
 *
 * @example
 * const { selfViewProps } = useSelfView();
 * return <button {...selfViewProps} style={{ translate: "var(--twocan-drag)" }}>…</button>;
 */
export function useSelfView(first: SelfViewCorner = "bottom-end"): SelfView {
  const [corner, moveTo] = useState<SelfViewCorner>(first);
  const [dragging, setDragging] = useState(false);
  const grip = useRef<Grip | undefined>(undefined);
  const dragged = useRef(false);

  const letGo = (element: HTMLElement) => {
    grip.current = undefined;
    setDragging(false);
    element.parentElement?.style.removeProperty(DRAG);
  };

  return {
    corner,
    dragging,
    moveTo,
    selfViewProps: {
      "data-corner": corner,
      "data-dragging": dragging,
      onPointerDown({ button, currentTarget, clientX, clientY, pointerId }) {
        dragged.current = false;
        const box = currentTarget.parentElement?.getBoundingClientRect();
        if (button !== 0 || !box) return;
        // At once: the first move of a quick finger may lie outside already. (jsdom has none.)
        currentTarget.setPointerCapture?.(pointerId);
        const { left, top, right, bottom } = currentTarget.getBoundingClientRect();
        grip.current = {
          x: clientX,
          y: clientY,
          left: box.left - left,
          top: box.top - top,
          right: box.right - right,
          bottom: box.bottom - bottom,
        };
      },
      onPointerMove({ currentTarget, clientX, clientY }) {
        const held = grip.current;
        if (!held) return;
        const [x, y] = [clientX - held.x, clientY - held.y];
        if (!dragged.current) {
          if (Math.hypot(x, y) < SLACK) return;
          dragged.current = true;
          setDragging(true);
        }
        const within = (value: number, from: number, to: number) =>
          Math.min(Math.max(value, from), to);
        const [dx, dy] = [within(x, held.left, held.right), within(y, held.top, held.bottom)];
        currentTarget.parentElement?.style.setProperty(DRAG, `${dx}px ${dy}px`);
      },
      onPointerUp({ currentTarget, clientX, clientY }) {
        const held = grip.current;
        if (dragged.current && held) {
          // By the pointer: the picture itself may still be on its way after a quick flick.
          const toRight = clientX - held.x > (held.left + held.right) / 2;
          const toBottom = clientY - held.y > (held.top + held.bottom) / 2;
          const inline = toRight === isRightToLeft(currentTarget) ? "start" : "end";
          moveTo(`${toBottom ? "bottom" : "top"}-${inline}`);
        }
        letGo(currentTarget);
      },
      onPointerCancel({ currentTarget }) {
        letGo(currentTarget);
      },
      onKeyDown(event) {
        dragged.current = false;
        const { key, target, currentTarget, altKey, ctrlKey, metaKey, shiftKey } = event;
        // Alt and an arrow key go back in the history, and an arrow key in a field moves the cursor.
        if (altKey || ctrlKey || metaKey || shiftKey || target !== currentTarget) return;
        const next = cornerByKey(corner, key, isRightToLeft(currentTarget));
        if (!next || event.defaultPrevented) return;
        event.preventDefault();
        moveTo(next);
      },
      onClickCapture(event) {
        // The click that ends a drag is none.
        if (dragged.current) event.stopPropagation();
        dragged.current = false;
      },
    },
  };
}

/** Arrow keys mean what is seen, whichever way the page is read. */
function cornerByKey(
  corner: SelfViewCorner,
  key: string,
  rightToLeft: boolean,
): SelfViewCorner | undefined {
  const [block, inline] = corner.split("-") as ["top" | "bottom", "start" | "end"];
  if (key === "ArrowUp") return `top-${inline}`;
  if (key === "ArrowDown") return `bottom-${inline}`;
  if (key === "ArrowLeft") return `${block}-${rightToLeft ? "end" : "start"}`;
  return key === "ArrowRight" ? `${block}-${rightToLeft ? "start" : "end"}` : undefined;
}

function isRightToLeft(element: HTMLElement): boolean {
  return viewOf(element).getComputedStyle(element).direction === "rtl";
}
