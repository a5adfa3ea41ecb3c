// Light or dark: as the system has it, or as was chosen here.

import { $ } from "./dom.js";
import { t } from "./translate.js";

const THEMES = { auto: ["◐", t("Theme: as the system")], light: ["☀", t("Theme: light")], dark: ["☾", t("Theme: dark")] };

function apply(name) {
  const theme = THEMES[name] ? name : "auto";
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  const [sign, label] = THEMES[theme];
  $("theme").textContent = sign;
  $("theme").title = label;
  $("theme").setAttribute("aria-label", label);
  return theme;
}

let current = apply(localStorage.getItem("theme"));
$("theme").onclick = () => {
  const names = Object.keys(THEMES);
  current = apply(names[(names.indexOf(current) + 1) % names.length]);
  localStorage.setItem("theme", current);
};
