"use strict";
(() => {
  const root = document.documentElement, button = document.getElementById("theme");
  const isDark = () => root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  const show = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  const keep = (name) => { try { localStorage.setItem("ninjapool-theme", name); } catch { /* a file may have no storage */ } };
  try { const kept = localStorage.getItem("ninjapool-theme"); if (kept) root.dataset.theme = kept; } catch { /* as above */ }
  button.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; keep(root.dataset.theme); show(); });
  show();
})();
