// Charts are drawn for the window: while a page is printed they are scaled to the paper.
const charts = () => document.querySelectorAll(".xj-chart svg");

addEventListener("beforeprint", () => {
  for (const svg of charts()) {
    svg.setAttribute("viewBox", `0 0 ${svg.getAttribute("width")} ${svg.getAttribute("height")}`);
  }
});

addEventListener("afterprint", () => {
  for (const svg of charts()) svg.removeAttribute("viewBox");
});
