/** The window that shows the node: in a pop-out window it is not the window of this script. */
export function viewOf(node: Node): Window & typeof globalThis {
  return node.ownerDocument?.defaultView ?? window;
}

/** The focused element as the node's shadow root or document has it; undefined where nothing has the focus. */
export function focusedBeside(node: Node): Element | undefined {
  const page = node.ownerDocument;
  const root = node.getRootNode() as Document | ShadowRoot;
  const focused = root.activeElement ?? page?.activeElement;
  return focused && focused !== page?.body ? focused : undefined;
}
