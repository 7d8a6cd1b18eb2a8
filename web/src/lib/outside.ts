/** Calls back when a press or the focus leaves a node: how every pop-up closes. */
export function outside(node: HTMLElement, leave: () => void) {
  let call = leave;
  const press = (event: Event) => {
    if (event.target instanceof Node && !node.contains(event.target)) call();
  };
  document.addEventListener("pointerdown", press, true);
  document.addEventListener("focusin", press);
  return {
    update(next: () => void) {
      call = next;
    },
    destroy() {
      document.removeEventListener("pointerdown", press, true);
      document.removeEventListener("focusin", press);
    },
  };
}
