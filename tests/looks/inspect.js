// What of a mail is wrong on this screen: parts that stick out, texts that are hard to read, buttons too small for a thumb.
((width) => {
  const channel = (v) => (v /= 255, v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
  const luminance = (c) => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const c = numbers(getComputedStyle(e).backgroundColor);
      if (c.length < 4 || c[3] === 1) return c;
      if (c[3] > 0) return null; // half transparent: not ours
    }
    return [255, 255, 255];
  };
  const wide = [], faint = [], small = [];
  let texts = 0, lowest = 21;
  for (const e of document.querySelectorAll("body *")) {
    const box = e.getBoundingClientRect();
    if (box.width && (box.right > width + 1 || box.left < -1)) wide.push(e.outerHTML.slice(0, 140));
  }
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const said = walk.currentNode.data.replace(/[\s\u00a0]/g, ""), e = walk.currentNode.parentElement, style = getComputedStyle(e);
    const box = e.getBoundingClientRect();
    if (!said || !box.width || !box.height || style.visibility === "hidden") continue;
    const range = document.createRange();
    range.selectNode(walk.currentNode);
    if (!range.getClientRects().length) continue;
    const below = ground(e);
    if (!below) { faint.push("half transparent: " + said.slice(0, 40)); continue; }
    const [a, b] = [luminance(numbers(style.color)), luminance(below)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05), size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    texts += 1;
    lowest = Math.min(lowest, ratio);
    if (ratio < least) faint.push(ratio.toFixed(2) + " " + said.slice(0, 40));
    if (size < 11) small.push(size + "px: " + said.slice(0, 40));
  }
  for (const link of document.querySelectorAll("a[href^='mailto:']")) {
    const box = link.getBoundingClientRect();
    if (box.width < 44 || box.height < 30) small.push(Math.round(box.width) + "x" + Math.round(box.height) + ": " + link.textContent);
  }
  const broken = [];
  for (const key of document.querySelectorAll(".key")) {
    const said = key.firstChild;
    if (!said || said.nodeType !== Node.TEXT_NODE) continue;
    for (const word of said.data.matchAll(/[^\s/-]+/g)) {
      const range = document.createRange();
      range.setStart(said, word.index);
      range.setEnd(said, word.index + word[0].length);
      if (new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1) broken.push(word[0].slice(0, 40));
    }
  }
  return {wide: wide.slice(0, 3), faint: faint.slice(0, 3), small: small.slice(0, 3), broken: broken.slice(0, 3), texts, lowest,
          scroll: document.documentElement.scrollWidth};
})
