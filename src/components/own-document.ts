/** Returns the window that shows the node. In a pop-out window it is not the window of this script. */
export function viewOf(node: Node): Window & typeof globalThis {
  return node.ownerDocument?.defaultView ?? window;
}

/** Returns the focused element in the shadow root or document of the node, or undefined if none has the focus. */
export function focusedBeside(node: Node): Element | undefined {
  const page = node.ownerDocument;
  const root = node.getRootNode() as Document | ShadowRoot;
  const focused = root.activeElement ?? page?.activeElement;
  return focused && focused !== page?.body ? focused : undefined;
}
