"use client";
import { useRef, useState, type KeyboardEvent, type MouseEvent, type PointerEvent } from "react";
import { viewOf } from "../own-document.ts";

/**
 * Names a corner of the box. `start` and `end` follow the reading direction: in Arabic the start is
 * on the right.
 */
export type SelfViewCorner = `${"top" | "bottom"}-${"start" | "end"}`;

/** The corner of the small tile, with the props of its handle. */
export interface SelfView {
  /** The props of the element that the user drags. Render it as a focusable child of the box. */
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
  /** The corner of the tile. */
  corner: SelfViewCorner;
  /** Whether the user is dragging the tile. */
  dragging: boolean;
  /** Moves the tile to another corner. */
  moveTo(corner: SelfViewCorner): void;
}

/** A pointer that moves less than this clicks, and does not drag. */
const DRAG_THRESHOLD_PX = 6;
const DRAG_PROPERTY = "--twocan-drag";

/** A drag under way: where it began and how far it may go. */
interface Drag {
  x: number;
  y: number;
  /** The distances to the edges of the box, in CSS pixels; negative for left and top. */
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/**
 * Moves a small tile between the four corners of its box. A dragged tile follows the pointer, and moves
 * to the nearest corner when released. Arrow keys move it, too.
 *
 * Position the tile in CSS by `data-corner`, and during a drag by `--twocan-drag`, a value for
 * `translate`. The property is set on the box, so that several elements can follow the drag.
 *
 * @example
 * const { selfViewProps } = useSelfView();
 * return <button {...selfViewProps} style={{ translate: "var(--twocan-drag)" }}>…</button>;
 */
export function useSelfView(first: SelfViewCorner = "bottom-end"): SelfView {
  const [corner, moveTo] = useState<SelfViewCorner>(first);
  const [dragging, setDragging] = useState(false);
  const drag = useRef<Drag | undefined>(undefined);
  /** Whether the pointer has moved beyond the threshold. */
  const hasMoved = useRef(false);

  const release = (element: HTMLElement) => {
    drag.current = undefined;
    setDragging(false);
    element.parentElement?.style.removeProperty(DRAG_PROPERTY);
  };

  return {
    corner,
    dragging,
    moveTo,
    selfViewProps: {
      "data-corner": corner,
      "data-dragging": dragging,
      onPointerDown({ button, currentTarget, clientX, clientY, pointerId }) {
        hasMoved.current = false;
        const box = currentTarget.parentElement?.getBoundingClientRect();
        if (button !== 0 || !box) return;
        // Captured at once: the first move of a fast pointer may be outside of the element. (jsdom has no capture.)
        currentTarget.setPointerCapture?.(pointerId);
        const { left, top, right, bottom } = currentTarget.getBoundingClientRect();
        drag.current = {
          x: clientX,
          y: clientY,
          left: box.left - left,
          top: box.top - top,
          right: box.right - right,
          bottom: box.bottom - bottom,
        };
      },
      onPointerMove({ currentTarget, clientX, clientY }) {
        const start = drag.current;
        if (!start) return;
        const [x, y] = [clientX - start.x, clientY - start.y];
        if (!hasMoved.current) {
          if (Math.hypot(x, y) < DRAG_THRESHOLD_PX) return;
          hasMoved.current = true;
          setDragging(true);
        }
        const within = (value: number, from: number, to: number) =>
          Math.min(Math.max(value, from), to);
        const [dx, dy] = [within(x, start.left, start.right), within(y, start.top, start.bottom)];
        currentTarget.parentElement?.style.setProperty(DRAG_PROPERTY, `${dx}px ${dy}px`);
      },
      onPointerUp({ currentTarget, clientX, clientY }) {
        const start = drag.current;
        if (hasMoved.current && start) {
          // By the pointer and not by the tile, which may still be in transition after a fast drag.
          const toRight = clientX - start.x > (start.left + start.right) / 2;
          const toBottom = clientY - start.y > (start.top + start.bottom) / 2;
          const inline = toRight === isRightToLeft(currentTarget) ? "start" : "end";
          moveTo(`${toBottom ? "bottom" : "top"}-${inline}`);
        }
        release(currentTarget);
      },
      onPointerCancel({ currentTarget }) {
        release(currentTarget);
      },
      onKeyDown(event) {
        hasMoved.current = false;
        const { key, target, currentTarget, altKey, ctrlKey, metaKey, shiftKey } = event;
        // Alt with an arrow key navigates the history, and an arrow key in a field moves the cursor.
        if (altKey || ctrlKey || metaKey || shiftKey || target !== currentTarget) return;
        const next = cornerByKey(corner, key, isRightToLeft(currentTarget));
        if (!next || event.defaultPrevented) return;
        event.preventDefault();
        moveTo(next);
      },
      onClickCapture(event) {
        // The browser fires a click at the end of a drag, which is not a click of the user.
        if (hasMoved.current) event.stopPropagation();
        hasMoved.current = false;
      },
    },
  };
}

/** Arrow keys move in physical directions, also in RTL. */
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
