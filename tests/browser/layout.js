// What is wrong with where things stand on a page, or in the dialog above it: a list of sentences, hopefully empty.
(() => {
  const SLACK_PX = 2; // of rounding, and of letters that lean over their boxes
  const INTERACTIVE = "a[href], button, input, select, textarea, [role=tab]";
  const found = [];
  const dialogs = [...document.querySelectorAll("[role=dialog]")].filter((dialog) => dialog.checkVisibility());
  scrollTo(0, 0); // what is scrolled lies below the bars above
  const root = dialogs.at(-1) ?? document.body;

  const named = (element) => {
    const text = (element.getAttribute("aria-label") ?? element.innerText ?? "").trim().replace(/\s+/g, " ");
    return `<${element.localName}> "${text.slice(0, 60)}"`;
  };
  // A box of a pixel is there for those who do not see, and so is what is clipped away.
  const isUnseen = (element) => {
    for (let each = element; each !== null && each !== root; each = each.parentElement) {
      const box = each.getBoundingClientRect();
      const style = getComputedStyle(each);
      const hidden = style.overflowX !== "visible" && (box.width <= SLACK_PX || box.height <= SLACK_PX);
      if (hidden || (style.clipPath !== "none" && style.position === "absolute")) return true;
    }
    return !element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  };
  const isShortened = (element) => {
    const style = getComputedStyle(element);
    return style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none";
  };
  const exceeds = (inner, outer) =>
    inner.left < outer.left - SLACK_PX ||
    inner.right > outer.right + SLACK_PX ||
    inner.top < outer.top - SLACK_PX ||
    inner.bottom > outer.bottom + SLACK_PX;

  // Texts that a box around them cuts. What may be shortened says the whole on hover.
  const cutter = (element, box) => {
    for (let each = element; each !== null && each !== root; each = each.parentElement) {
      const { overflowX, overflowY } = getComputedStyle(each);
      if (/auto|scroll/.test(overflowX + overflowY)) return null;
      if (/hidden|clip/.test(overflowX + overflowY) && exceeds(box, each.getBoundingClientRect())) return each;
    }
    return null;
  };
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    const element = text.parentElement;
    if (text.data.trim() === "" || isUnseen(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const box = range.getBoundingClientRect();
    const cut = cutter(element, box);
    if (cut !== null && !(isShortened(cut) && cut.closest("[title]") !== null)) {
      found.push(`cut: ${named(element)}`);
    }
    if (cut === null && element.closest("pre, textarea") === null && box.right > innerWidth + SLACK_PX) {
      found.push(`past the right edge: ${named(element)}`);
    }
  }

  // Words that are broken because their place is too narrow for them. Codes, which nobody reads, may be broken.
  const isBroken = (text, { index, 0: word }) => {
    const range = document.createRange();
    range.setStart(text, index);
    range.setEnd(text, index + word.length);
    return new Set([...range.getClientRects()].map(({ bottom }) => Math.round(bottom))).size > 1;
  };
  const words = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const text = words.currentNode;
    const element = text.parentElement;
    if (text.data.trim() === "" || element.closest("code, pre, textarea, [aria-hidden=true]") || isUnseen(element)) continue;
    for (const word of text.data.matchAll(/(?<=^|[\s„“(-])\p{L}{2,24}(?=$|[\s“).,:;!?…-])/gu)) {
      if (isBroken(text, word)) found.push(`broken: ${word[0]} in ${named(element)}`);
    }
  }

  // A page, or a part of it other than code, that has to be scrolled sideways.
  for (const element of [document.scrollingElement, ...root.querySelectorAll("*:not(pre, textarea, input)")]) {
    const scrolls = element === document.scrollingElement || /auto|scroll/.test(getComputedStyle(element).overflowX);
    if (scrolls && element.scrollWidth > element.clientWidth + SLACK_PX && !isUnseen(element)) {
      found.push(`scrolls sideways: ${named(element)}`);
    }
  }

  // What can be clicked must not lie on something else that can.
  const boxes = [...root.querySelectorAll(INTERACTIVE)]
    .filter((element) => !isUnseen(element) && element.getClientRects().length === 1)
    .map((element) => [element, element.getBoundingClientRect()])
    .filter(([, box]) => box.width > 0 && box.height > 0);
  for (const [index, [one, a]] of boxes.entries()) {
    if (a.right > innerWidth + SLACK_PX) found.push(`past the right edge: ${named(one)}`);
    for (const [other, b] of boxes.slice(index + 1)) {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      const nested = one.contains(other) || other.contains(one);
      if (!nested && wide > SLACK_PX && high > SLACK_PX) found.push(`overlap: ${named(one)}, ${named(other)}`);
    }
  }
  return [...new Set(found)];
})();
