// Buttons that save what is shown: a chart as a picture, its numbers as a table.
const MARGIN = 24; // pixels around the picture
const SCALE = 2; // for projectors and print
const FORMULA = /^[=+\-@\t\r]/; // to a spreadsheet program (OWASP, CSV Injection)

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function csvCell(value) {
  let text = String(value ?? "");
  if (FORMULA.test(text) && Number.isNaN(Number(text))) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export default {
  props: { name: String, heading: String, note: String, chart: Number, rows: Array, words: Object },
  methods: {
    saveTable() {
      const lines = this.rows.map((row) => row.map(csvCell).join(","));
      const text = "\ufeff" + lines.join("\r\n") + "\r\n";
      save(new Blob([text], { type: "text/csv;charset=utf-8" }), `${this.name}.csv`);
    },
    async savePicture() {
      const chart = getElement(this.chart).chart;
      const drawn = new Image();
      // Not getDataURL, which leaves the quotes of fonts' names as they are: no XML.
      const svg = new XMLSerializer().serializeToString(chart.getDom().querySelector("svg"));
      drawn.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
      await drawn.decode();
      const [width, height] = [chart.getWidth(), chart.getHeight()];
      const canvas = document.createElement("canvas");
      canvas.width = SCALE * (width + 2 * MARGIN);
      canvas.height = SCALE * (height + 4 * MARGIN);
      const pen = canvas.getContext("2d");
      pen.scale(SCALE, SCALE);
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.drawImage(drawn, MARGIN, 2 * MARGIN, width, height);
      const font = getComputedStyle(document.body).fontFamily;
      pen.fillStyle = "#1c2b33";
      pen.font = `600 18px ${font}`;
      pen.fillText(this.heading, MARGIN, 1.4 * MARGIN, width);
      pen.font = `13px ${font}`;
      pen.fillText(this.note, MARGIN, height + 3 * MARGIN, width);
      canvas.toBlob((blob) => save(blob, `${this.name}.png`), "image/png");
    },
  },
  template: `
    <div class="xj-export" v-if="rows.length">
      <button v-if="chart" type="button" :aria-label="words.picture" :title="words.picture"
              @click="savePicture">PNG</button>
      <button type="button" :aria-label="words.table" :title="words.table" @click="saveTable">CSV</button>
    </div>
  `,
};
