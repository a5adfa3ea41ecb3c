// A page's text laid out as its document has it: headings, paragraphs, lists, code, tables, the head of a mail.
// Everything is made from ranges of the canonical text, so the words of a quote are marked wherever they
// stand, and nothing of a document becomes markup.

import { make } from "./dom.js";
import { t } from "./translate.js";

const INLINE = /(\*\*|__)(?=\S)([\s\S]+?)\1|`([^`]+)`|\[([^\]\n]*)\]\([^)\n]*\)/gu; // of Markdown
const MAIL_LINE = /^(From|To|Cc|Date|Subject|Von|An|Datum|Betreff): (.*)$/u;
const FIGURE = /^[-+(]?[^\d\p{L}]{0,3}\d[\d.,'\u00a0\u202f ]*\)?\s?[^\d\p{L}]?$/u;

const DAY = /^\d{1,4}([-./])\d{1,2}\1\d{1,4}$/u;

/** The elements of a page; `start` and `end` are the quote's, equal where there is none. */
export function laidOut(page, start, end) {
  return new Layout(page, start, end).elements();
}

class Layout {
  constructor(page, start, end) {
    this.letters = [...page.text]; // offsets count characters, not UTF-16 units
    this.page = page;
    this.start = start;
    this.end = end;
  }

  elements() {
    const parts = [];
    let from = 0;
    for (const block of this.page.blocks) {
      if (block.start < from) continue; // within a table that is drawn already
      parts.push(...this.paragraphs(from, block.start));
      const table = block.kind === "table" && this.page.tables.find((t) => firstSpan(t) >= block.start && firstSpan(t) < block.end);
      if (table) {
        const last = Math.max(block.end, ...table.spans.flat().map((span) => span[1]));
        parts.push(this.table(table));
        from = last;
        continue;
      }
      parts.push(...this.block(block));
      from = block.end;
    }
    return [...parts, ...this.paragraphs(from, this.letters.length)];
  }

  slice(a, b) { return this.letters.slice(a, b).join(""); }

  block({ start, end, kind, level }) {
    const text = this.slice(start, end);
    if (kind === "heading") {
      const sign = this.page.format === "markdown" ? /^#{1,6}\s+/.exec(text) : null;
      return [make(`h${Math.min(5, level + 2)}`, {}, ...this.inline(start + (sign ? sign[0].length : 0), end))];
    }
    if (kind === "code") return [make("pre", { tabIndex: 0 }, ...this.marked(start, end))];
    if (kind === "table") return [this.rows(start, end)];
    if (kind === "list") return [this.list(start, end)];
    return this.paragraphs(start, end);
  }

  /** Text between blank lines. */
  paragraphs(start, end) {
    return this.split(start, end, /\n\s*\n/gu).filter(([a, b]) => this.slice(a, b).trim()).map(([a, b]) => this.mailHead(a, b) || make("p", {}, ...this.inline(a, b)));
  }

  mailHead(start, end) {
    if (this.page.format !== "mail") return null;
    const lines = this.split(start, end, /\n/gu);
    if (!lines.every(([a, b]) => MAIL_LINE.test(this.slice(a, b)))) return null;
    return make("dl", {}, ...lines.flatMap(([a, b]) => {
      const name = [...MAIL_LINE.exec(this.slice(a, b))[1]].length;
      return [make("dt", {}, this.slice(a, a + name)), make("dd", {}, ...this.marked(a + name + 2, b))];
    }));
  }

  list(start, end) {
    const items = this.split(start, end, /\n(?=\s*(?:[-*+•–]|\d+[.)])\s)/gu);
    return make("ul", {}, ...items.map(([a, b]) => {
      const sign = /^\s*[-*+•–]\s+/u.exec(this.slice(a, b));
      const item = make("li", {}, ...this.inline(a + (sign ? [...sign[0]].length : 0), b));
      if (!sign) item.style.listStyle = "none"; // its number is part of the text
      return item;
    }));
  }

  /** A table of the index: cells by their spans, merged ones as one. */
  table(table) {
    const { spans, header_rows: headerRows, header_columns: headerColumns } = table;
    const equal = (a, b) => a && a[1] > a[0] && b && a[0] === b[0] && a[1] === b[1];
    const rows = spans.map((row, r) => make("tr", {}, ...row.map((span, c) => {
      if (equal(span, row[c - 1]) || equal(span, spans[r - 1]?.[c])) return null; // covered by the cell before
      let width = 1, height = 1;
      while (equal(span, row[c + width])) width++;
      while (equal(span, spans[r + height]?.[c])) height++;
      return this.cell(span, r < headerRows || c < headerColumns, width, height, r < headerRows ? "col" : "row");
    })));
    return grid(rows);
  }

  /** Rows whose cells are only known by the separator, as in files too large for a grid. */
  rows(start, end) {
    return grid(this.split(start, end, /\n/gu).map(([a, b]) => make("tr", {}, ...this.split(a, b, / ?\| ?/gu).map((span) => this.cell(span, false, 1, 1, "")))));
  }

  cell([start, end], isHeader, width, height, scope) {
    const text = this.slice(start, end);
    const properties = { colSpan: width, rowSpan: height, className: cellClass(text) };
    const cell = make(isHeader && text.trim() ? "th" : "td", properties, ...this.marked(start, end));
    if (cell.tagName === "TH") cell.scope = scope;
    if (cell.querySelector("mark")) cell.classList.add("marked");
    return cell;
  }

  /** Text with the marks of Markdown as elements, and line ends for an editor as spaces. */
  inline(start, end) {
    if (this.page.format !== "markdown") return this.marked(start, end);
    const text = this.slice(start, end);
    const nodes = [];
    let from = 0;
    const at = (unit) => start + [...text.slice(0, unit)].length;
    const plain = (a, b) => nodes.push(...this.marked(at(a), at(b), (s) => s.replace(/(?<=[^\n])\n(?=[\p{L}(“"'])/gu, " ")));
    for (const match of text.matchAll(INLINE)) {
      const inner = match[2] ?? match[3] ?? match[4];
      const begin = match.index + match[0].indexOf(inner, match[1]?.length || 1);
      plain(from, match.index);
      nodes.push(make(match[2] ? "strong" : match[3] ? "code" : "u", {}, ...this.marked(at(begin), at(begin + inner.length))));
      from = match.index + match[0].length;
    }
    plain(from, text.length);
    return nodes;
  }

  /** The text of a range, the part of it that is quoted in a mark. */
  marked(start, end, change = (s) => s) {
    const a = Math.min(Math.max(start, this.start), end), b = Math.max(a, Math.min(end, this.end));
    if (b <= a || !this.slice(a, b).trim()) return [change(this.slice(start, end))];
    return [change(this.slice(start, a)), make("mark", {}, change(this.slice(a, b))), change(this.slice(b, end))].filter((part) => part !== "");
  }

  /** Ranges between the matches of a pattern, which matches ASCII alone. */
  split(start, end, pattern) {
    const text = this.slice(start, end);
    const ranges = [];
    let from = 0, offset = start;
    for (const match of text.matchAll(pattern)) {
      const length = [...text.slice(from, match.index)].length;
      ranges.push([offset, offset + length]);
      offset += length + match[0].length;
      from = match.index + match[0].length;
    }
    return [...ranges, [offset, end]];
  }
}

const firstSpan = (table) => Math.min(...table.spans.flat().filter((span) => span[1] > span[0]).map((span) => span[0]));

/** Rows as a table that scrolls by itself where it is wider than its place. */
export function grid(rows, caption = null, label = null) {
  const table = make("table", {}, caption ? make("caption", {}, caption) : null, make("tbody", {}, ...rows));
  return make("div", { className: "grid", tabIndex: 0, role: "group", "aria-label": label || t("Table") }, table);
}

/** A figure stands at the right of its cell. */
export const isFigure = (text) => FIGURE.test(text);
/** How a cell is set: figures to the right, a day in one line. */
export const cellClass = (text) => (FIGURE.test(text) ? "figure" : DAY.test(text.trim()) ? "day" : "");
