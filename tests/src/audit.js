// What is wrong with how the page stands in its window: what leaves it sideways, and texts that their boxes cut off.
const wrong = [];
const name = (one) => one.outerHTML.replace(/\s+/g, " ").slice(0, 180);
const isSeen = (one) => {
  const { width, height } = one.getBoundingClientRect();
  return width > 0 && height > 0 && getComputedStyle(one).visibility === "visible";
};
const all = [...document.querySelectorAll("body *")].filter(isSeen);

const page = document.scrollingElement;
if (page.scrollWidth > innerWidth) {
  wrong.push(`the page is ${page.scrollWidth} wide in a window of ${innerWidth}`);
  for (const one of all) {
    const { right } = one.getBoundingClientRect();
    if (right > innerWidth + 1) wrong.push(`  ${right}: ${name(one)}`);
  }
}

const canvas = document.createElement("canvas").getContext("2d");
const paper = (one) => {
  const style = getComputedStyle(one);
  const of = (property) => parseFloat(style[property]) || 0;
  canvas.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  return {
    style,
    width: one.clientWidth - of("paddingLeft") - of("paddingRight"),
    height: one.clientHeight - of("paddingTop") - of("paddingBottom"),
  };
};
const size = (text) => {
  const measured = canvas.measureText(text);
  const height = measured.fontBoundingBoxAscent + measured.fontBoundingBoxDescent;
  return { width: measured.width, height };
};

for (const one of all) {
  const { style, width, height } = paper(one);
  const tag = one.tagName;
  if (tag === "SELECT") {
    const text = size(one.selectedOptions[0]?.text ?? "");
    if (text.height > height + 1) wrong.push(`${text.height} of text in ${height}: ${name(one)}`);
    if (text.width > width + 1) wrong.push(`${text.width} of text in ${width}: ${name(one)}`);
  } else if (tag === "INPUT" && !["checkbox", "radio", "range"].includes(one.type)) {
    const text = size(one.placeholder || "x");
    if (text.height > height + 1) wrong.push(`${text.height} of text in ${height}: ${name(one)}`);
    // What is typed can be scrolled; what is only said cannot.
    if (!one.value && text.width > width + 1)
      wrong.push(`${text.width} of text in ${width}: ${name(one)}`);
  } else if (tag === "BUTTON") {
    const isCut = one.closest(".cut, .clamped") || one.querySelector(".cut, .clamped");
    if (!isCut && style.overflow !== "visible") continue;
    if (!isCut && (one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1))
      wrong.push(`cut off: ${name(one)}`);
  }
  // Whatever scrolls, scrolls down.
  if (["auto", "scroll"].includes(style.overflowX) && one.scrollWidth > one.clientWidth + 1)
    wrong.push(`${one.scrollWidth} wide in ${one.clientWidth}: ${name(one)}`);
  if (tag === "DIALOG" || one.role === "menu") {
    const { left, right, top, bottom } = one.getBoundingClientRect();
    if (left < 0 || top < 0 || right > innerWidth || bottom > innerHeight)
      wrong.push(`${left}, ${top} to ${right}, ${bottom} in ${innerWidth} x ${innerHeight}: ${name(one)}`);
  }
}
return wrong;
