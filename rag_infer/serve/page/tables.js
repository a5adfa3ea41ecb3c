// Tables within the text of an answer: lines of cells between bars, as documents are quoted and models write.

import { make } from "./dom.js";
import { cellClass, grid, isFigure } from "./layout.js";

const DELIMITER = /^\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?$/;

/** The text in parts: `text` as it is, or `element`, a table; `content` makes the nodes of a cell. */
export function textParts(text, content = (cell) => [cell]) {
  const lines = text.split("\n");
  const parts = [];
  for (let n = 0; n < lines.length;) {
    let end = n;
    while (end < lines.length && lines[end].includes("|") && cells(lines[end]).length > 1 && sameWidth(lines[n], lines[end])) end++;
    if (end - n > 1) {
      parts.push({ element: table(lines.slice(n, end), content) });
      n = end;
      continue;
    }
    const isLast = n === lines.length - 1;
    const previous = parts[parts.length - 1];
    const line = lines[n] + (isLast ? "" : "\n");
    if (previous?.text !== undefined) previous.text += line; else parts.push({ text: line });
    n++;
  }
  return parts;
}

const cells = (line) => line.trim().replace(/^\|/, "").replace(/\|$/, "").split("|").map((cell) => cell.trim());
const BARS = /^\|.*\|$|^[^|]+(\s\|\s[^|]*){2,}$/;

/** A row of a table that stands alone, its cells apart by points; any other text as it is. */
export function rowWords(text) {
  const lines = text.split("\n").filter((line) => !DELIMITER.test(line.trim()) || !line.includes("|"));
  return lines.map((line) => (BARS.test(line.trim()) ? cells(line).filter(Boolean).join(" · ") : line)).join("\n");
}

const sameWidth = (a, b) => DELIMITER.test(b.trim()) || cells(a).length === cells(b).length;

function table(lines, content) {
  const isDelimited = DELIMITER.test(lines[1].trim());
  const rows = lines.filter((line, n) => !(n === 1 && isDelimited)).map(cells);
  const hasHeader = isDelimited || !rows[0].some(isFigure);
  return grid(rows.map((row, n) => make("tr", {}, ...row.map((cell) => {
    const isHeader = hasHeader && n === 0 && cell;
    const node = make(isHeader ? "th" : "td", { className: cellClass(cell.replace(/\s*\[\d+\]/g, "")) }, ...content(cell));
    if (isHeader) node.scope = "col";
    return node;
  }))));
}
