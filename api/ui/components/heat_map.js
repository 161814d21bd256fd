// Who knows what: a row a student, a column a knowledge point; a colour never stands without its number.
const STEPS = [0.4, 0.6, 0.75, 0.85]; // where a cell's colour changes

export default {
  props: { points: Array, students: Array, enough: Number, words: Object },
  data() {
    return { at: { row: 0, column: 0 }, told: "" };
  },
  methods: {
    percent(share) {
      const whole = Math.round(100 * share);
      if (whole === 0 && share > 0) return "<1%";
      if (whole === 100 && share < 1) return ">99%";
      return `${whole}%`;
    },
    fill(template, values) {
      return template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
    },
    look(cell) {
      if (!cell) return "xj-heat-none";
      if (cell[3] < this.enough) return "xj-heat-few";
      return `xj-heat-${STEPS.filter((step) => cell[0] >= step).length}`;
    },
    label(student, column) {
      const cell = student.cells[column];
      const values = { student: student.name, point: this.points[column].name };
      if (!cell) return this.fill(this.words.none, values);
      const [value, low, high] = cell.slice(0, 3).map(this.percent);
      const said = { ...values, value, low, high, tries: cell[3], successes: cell[4] };
      return this.fill(cell[3] < this.enough ? this.words.few : this.words.cell, said);
    },
    evidenceOf(student, column) {
      const point = new URLSearchParams({ knowledge_point: this.points[column].id });
      return `${student.evidence}&${point}`;
    },
    go(row, column) {
      this.at = { row, column };
      this.told = this.label(this.students[row], column);
    },
    move(event) {
      if (event.key === "Enter") event.target.querySelector("a")?.click();
      const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
      const step = steps[event.key];
      if (!step) return;
      event.preventDefault();
      const within = (place, size) => Math.max(0, Math.min(place, size - 1));
      const row = within(this.at.row + step[0], this.students.length);
      const column = within(this.at.column + step[1], this.points.length);
      this.$refs.cells.querySelector(`[data-at="${row} ${column}"]`).focus();
    },
    isEntry(row, column) {
      const rows = this.students.length - 1;
      return row === Math.min(this.at.row, rows) && column === Math.min(this.at.column, this.points.length - 1);
    },
  },
  template: `
    <div class="xj-heat">
      <div class="xj-heat-frame">
        <table role="grid" :aria-label="words.caption">
          <thead>
            <tr>
              <th scope="col" class="xj-heat-student">{{ words.student }}</th>
              <th v-for="point in points" :key="point.id" scope="col" class="xj-heat-point" :title="point.name">
                <span>{{ point.name }}</span>
              </th>
            </tr>
            <tr class="xj-heat-class">
              <th scope="row" class="xj-heat-student">{{ words.all }}</th>
              <td v-for="point in points" :key="point.id" :title="point.note">
                <a :href="point.href">{{ point.mean === null ? "—" : percent(point.mean) }}<small>{{ point.n }}</small></a>
              </td>
            </tr>
          </thead>
          <tbody ref="cells" @keydown="move">
            <tr v-for="(student, row) in students" :key="student.id" :data-student="student.id">
              <th scope="row" class="xj-heat-student"><a :href="student.href">{{ student.name }}</a></th>
              <td v-for="(cell, column) in student.cells" :key="column" role="gridcell" :class="look(cell)"
                  :data-at="row + ' ' + column" :tabindex="isEntry(row, column) ? 0 : -1"
                  :title="label(student, column)"
                  @focus="go(row, column)" @mouseenter="told = label(student, column)">
                <a v-if="cell" :href="evidenceOf(student, column)" tabindex="-1">{{ percent(cell[0]) }}<small>{{ cell[3] }}</small></a>
                <template v-else>·</template>
              </td>
            </tr>
          </tbody>
        </table>
      </div>
      <p class="xj-heat-told xj-note">{{ told || words.hint }}</p>
    </div>
  `,
};
