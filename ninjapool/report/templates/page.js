(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const NAME = 0, KIND = 1, PEAK = 2, FORECAST = 3, RAN = 4, WAITED = 5, BEGAN = 6, ENDED = 7, FATE = 8;
  const STEP = 20;
  const WHY = { memory: "for memory", cpus: "for a CPU", nothing: "" };
  const at = (id) => document.getElementById(id);

  const size = (bytes) => {
    if (bytes === null) return "-";
    if (bytes >= 2 ** 30) return (bytes / 2 ** 30).toFixed(1) + " GiB";
    return bytes >= 2 ** 20 ? Math.round(bytes / 2 ** 20) + " MiB" : Math.round(bytes / 1024) + " KiB";
  };
  const time = (seconds) => {
    if (seconds < 10) return seconds.toFixed(1) + " s";
    const whole = Math.round(seconds), minutes = Math.floor(whole / 60);
    if (whole < 60) return whole + " s";
    if (minutes < 60) return minutes + " min " + String(whole % 60).padStart(2, "0") + " s";
    return Math.floor(minutes / 60) + " h " + String(minutes % 60).padStart(2, "0") + " min";
  };

  // ---- the table of jobs
  const body = at("edges").tBodies[0], heads = [...at("edges").tHead.rows[0].cells];
  let column = PEAK, falling = true, shown = STEP, found = [];

  const cell = (row, text) => { row.insertCell().textContent = text; };
  const draw = () => {
    const rows = document.createDocumentFragment();
    for (const number of found.slice(0, shown)) {
      const job = data.jobs[number], row = document.createElement("tr");
      const name = document.createElement("th"), mark = document.createElement("i");
      name.scope = "row";
      const cut = job[NAME].lastIndexOf("/") + 1, folder = document.createElement("span");
      name.textContent = job[NAME].slice(cut) + (job[FATE] ? " (" + job[FATE] + ")" : "");
      folder.className = "folder";
      folder.textContent = job[NAME].slice(0, cut);
      name.append(folder);
      row.append(name);
      cell(row, job[KIND]);
      mark.className = job[KIND];
      row.cells[1].prepend(mark);
      cell(row, size(job[PEAK]));
      cell(row, size(job[FORECAST]));
      cell(row, time(job[RAN]));
      cell(row, time(job[WAITED]));
      cell(row, time(job[BEGAN]));
      row.dataset.job = number;
      rows.append(row);
    }
    body.replaceChildren(rows);
    at("more").hidden = found.length <= shown;
    at("found").textContent = Math.min(shown, found.length) + " of " + found.length +
      (found.length === data.jobs.length ? "" : " found, of " + data.jobs.length);
  };
  const seek = () => {
    const words = at("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const turn = falling ? -1 : 1;
    found = data.jobs.map((_, number) => number).filter((number) => {
      const job = data.jobs[number], text = (job[NAME] + " " + job[KIND]).toLowerCase();
      return words.every((word) => text.includes(word));
    });
    found.sort((a, b) => {
      const one = data.jobs[a][column], other = data.jobs[b][column];
      return one === other ? a - b : (one < other ? -1 : 1) * turn;
    });
    shown = STEP;
    draw();
  };
  at("search").addEventListener("input", seek);
  at("more").addEventListener("click", () => { shown += 10 * STEP; draw(); });
  at("edges").tHead.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const next = Number(button.dataset.column);
    falling = next === column ? !falling : next > KIND;
    column = next;
    heads.forEach((head, place) => {
      if (place === column) head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    seek();
  });

  // ---- a job of the table, lit in the picture
  const areas = new Map([...document.querySelectorAll("#memory [data-job]")].map((path) => [path.dataset.job, path]));
  let lit = null;
  const light = (number) => {
    if (lit) lit.classList.remove("lit");
    lit = areas.get(String(number)) || null;
    if (lit) lit.classList.add("lit");
  };
  body.addEventListener("pointerover", (event) => light(event.target.closest("tr")?.dataset.job));
  body.addEventListener("pointerleave", () => light(-1));

  // ---- a moment, by slider or pointer
  const cursors = [...document.querySelectorAll(".cursor")];
  const tell = (part) => {
    const when = part * data.seconds;
    let moment = data.moments[0];
    for (const other of data.moments) { if (other[0] > when) break; moment = other; }
    for (const cursor of cursors) { cursor.hidden = false; cursor.style.left = 100 * part + "%"; }
    if (!moment) return;
    const [, use, budget, running, held, paused, why, away] = moment;
    const alive = data.jobs.filter((job) => job[BEGAN] <= when && when < job[ENDED]).sort((a, b) => b[PEAK] - a[PEAK]);
    const largest = alive.slice(0, 3).map((job) => job[NAME] + " (" + size(job[PEAK]) + " at most)");
    const waits = (held ? ", " + held + " held back " + WHY[why] : "") + (paused ? ", " + paused + " paused" : "");
    at("told").textContent = time(when) + ": " + size(use) + " of " + size(budget) + "; " + running + " run" +
      (away ? " here, " + away + " elsewhere" : "") + waits + ". " + (largest.length ? "Heaviest: " + largest.join(", ") + "." : "");
    at("time").setAttribute("aria-valuetext", time(when));
  };
  at("time").addEventListener("input", () => tell(at("time").value / 1000));
  for (const box of document.querySelectorAll(".tall .box, #h-slots ~ figure .box, #h-away ~ figure .box")) {
    box.addEventListener("pointermove", (event) => {
      const place = box.getBoundingClientRect();
      const part = Math.min(1, Math.max(0, (event.clientX - place.left) / place.width));
      at("time").value = Math.round(1000 * part);
      tell(part);
    });
  }
  seek();
})();
