// A table whose column headings sort by mouse and keyboard; on a phone each row is a card.
export default {
  props: { columns: Array, rows: Array, caption: String, order: Object, words: Object },
  data() {
    return { key: this.order?.key ?? null, descending: this.order?.descending ?? false };
  },
  computed: {
    sortable() {
      return this.columns.filter((column) => column.sortable);
    },
    sorted() {
      if (!this.key) return this.rows;
      const collator = new Intl.Collator(this.words.language, { numeric: true });
      const direction = this.descending ? -1 : 1;
      const compare = (a, b) => {
        const [x, y] = [a[this.key].sort, b[this.key].sort];
        if (x === y) return 0;
        if (x === null || x === undefined) return 1;
        if (y === null || y === undefined) return -1;
        return direction * (typeof x === "string" ? collator.compare(x, y) : x - y);
      };
      return [...this.rows].sort(compare);
    },
    chosen: {
      get() {
        return `${this.key} ${this.descending}`;
      },
      set(choice) {
        const [key, descending] = choice.split(" ");
        this.key = key;
        this.descending = descending === "true";
      },
    },
  },
  methods: {
    sortBy(column) {
      this.descending = this.key === column.key ? !this.descending : !!column.descending;
      this.key = column.key;
    },
    directionOf(column) {
      if (!column.sortable) return undefined;
      if (this.key !== column.key) return "none";
      return this.descending ? "descending" : "ascending";
    },
    span(cell) {
      return { left: `${100 * cell.low}%`, width: `${100 * (cell.high - cell.low)}%` };
    },
  },
  template: `
    <div class="xj-table-frame">
      <label v-if="sortable.length" class="xj-table-order">
        <span>{{ words.sort_by }}</span>
        <select v-model="chosen">
          <option v-if="!key" value="null false">—</option>
          <template v-for="column in sortable" :key="column.key">
            <option :value="column.key + ' false'">{{ column.label }} · {{ words.ascending }}</option>
            <option :value="column.key + ' true'">{{ column.label }} · {{ words.descending }}</option>
          </template>
        </select>
      </label>
      <table class="xj-table" role="table">
        <caption class="xj-unseen">{{ caption }}</caption>
        <thead role="rowgroup">
          <tr role="row">
            <th v-for="column in columns" :key="column.key" scope="col" role="columnheader"
                :class="'xj-cell-' + column.kind" :aria-sort="directionOf(column)">
              <button v-if="column.sortable" type="button" @click="sortBy(column)">
                {{ column.label }}<span class="xj-arrow" aria-hidden="true"></span>
              </button>
              <template v-else>{{ column.label }}</template>
            </th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          <tr v-for="row in sorted" :key="row.id" role="row" :data-row="row.id">
            <td v-for="column in columns" :key="column.key" role="cell" :data-label="column.label"
                :data-key="column.key" :class="'xj-cell-' + column.kind">
              <a v-if="column.kind === 'link'" :href="row[column.key].href">
                <i v-if="row[column.key].swatch" class="xj-swatch" :class="row[column.key].swatch"></i>
                {{ row[column.key].text }}
              </a>
              <component v-else-if="column.kind === 'interval'" :is="row[column.key].href ? 'a' : 'div'"
                         class="xj-interval" :role="row[column.key].href ? undefined : 'img'"
                         :href="row[column.key].href"
                         :aria-label="row[column.key].label" :title="row[column.key].label">
                <span class="xj-interval-text">{{ row[column.key].text }}</span>
                <span v-if="row[column.key].value !== undefined" class="xj-interval-track">
                  <span class="xj-interval-band" :style="span(row[column.key])"></span>
                  <span class="xj-interval-dot" :style="{ left: 100 * row[column.key].value + '%' }"></span>
                </span>
              </component>
              <a v-else-if="row[column.key].href" :href="row[column.key].href" :aria-label="row[column.key].label">
                {{ row[column.key].text }}
              </a>
              <template v-else>
                <i v-if="row[column.key].swatch" class="xj-swatch" :class="row[column.key].swatch"></i>
                {{ row[column.key].text }}
              </template>
              <small v-if="row[column.key].note" class="xj-note" :lang="row[column.key].note_language">{{ row[column.key].note }}</small>
            </td>
          </tr>
        </tbody>
      </table>
    </div>
  `,
};
